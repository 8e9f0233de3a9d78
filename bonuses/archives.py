"""Opens a zip that carries a list of adjustments with its papers: streamed, counted, no name becomes a path.

What the list says is read in bonuses.lists; whether a scan can be read is judged by bonuses.actions.documents.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.limits import MIB
from units.names import normalise

ARCHIVE_BYTES: Final = 200 * MIB
MEMBER_BYTES: Final = 30 * MIB
INFLATED_BYTES: Final = 500 * MIB
MEMBERS: Final = 2_000
CHUNK: Final = 256 * 1024
WORKBOOKS: Final = (".xlsx", ".xls", ".et")


def refuse(code: str, sentence: str) -> Refused:
    return Refused(code, sentence, status=422)


@dataclass(slots=True)
class Archive:
    """An open zip: its list, and its papers by their plain names."""

    zip: zipfile.ZipFile
    list_name: str
    papers: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    inflated: int = 0  # bytes read so far, as they really came out

    def find(self, name: str) -> zipfile.ZipInfo | None:
        """A paper by the name in the column 附件, with or without folders."""
        plain = normalise(name.replace("\\", "/"))
        return self.papers.get(plain) or self.papers.get(normalise(PurePosixPath(plain).name))

    def stream(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """The member's bytes piece by piece; raises Refused when more comes out than a scan may hold."""
        size = 0
        try:
            with self.zip.open(member) as handle:
                while chunk := handle.read(CHUNK):
                    size += len(chunk)
                    self.inflated += len(chunk)
                    if size > MEMBER_BYTES or self.inflated > INFLATED_BYTES:
                        raise refuse(
                            "archive-too-big",
                            _(
                                "%(name)s holds more than may be unpacked (%(most)d MB). Please send less at once."
                            )
                            % {
                                "name": name_of(member),
                                "most": (MEMBER_BYTES if size > MEMBER_BYTES else INFLATED_BYTES) // MIB,
                            },
                        )
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise refuse(
                "archive-broken", _("%(name)s cannot be unpacked: it is broken.") % {"name": name_of(member)}
            ) from error


def name_of(member: zipfile.ZipInfo) -> str:
    """The member's name; Chinese systems write GBK without saying so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            name = name.encode("cp437").decode("gbk")
    return name.replace("\\", "/")


@contextmanager
def opened(source: Path | IO[bytes]) -> Iterator[Archive]:
    """The zip with exactly one workbook in it.  Raises Refused for every other."""
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refuse("archive-broken", _("The zip cannot be opened: it is broken.")) from error
    with archive:
        members = archive.infolist()
        if len(members) > MEMBERS:
            raise refuse(
                "archive-too-many",
                _("The zip holds %(count)d files; at most %(most)d are read.")
                % {"count": len(members), "most": MEMBERS},
            )
        found = Archive(archive, "")
        lists: list[zipfile.ZipInfo] = []
        twice: set[str] = set()
        for member in members:
            name = name_of(member)
            base = PurePosixPath(name).name
            if member.is_dir() or "__MACOSX" in name or base.startswith((".", "~$")):
                continue
            if member.flag_bits & 0x1:
                raise refuse(
                    "archive-locked",
                    _("The zip is locked by a password. Please pack it anew without one."),
                )
            if base.lower().endswith(WORKBOOKS):
                lists.append(member)
                continue
            found.papers[normalise(name)] = member
            plain = normalise(base)
            if plain in found.papers and plain != normalise(name):
                twice.add(plain)
            found.papers.setdefault(plain, member)
        for plain in twice:  # one name in two folders means neither
            found.papers.pop(plain, None)
        if len(lists) != 1:
            raise refuse(
                "archive-lists",
                _("The zip must hold exactly one workbook, the list; it holds %(count)d.")
                % {"count": len(lists)},
            )
        found.list_name = lists[0].filename
        yield found
