"""Keeps what people hand in: by digest, typed by content, outside every served folder.

Who may read a file is asked by the view that owns its meaning.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

import puremagic
from django.conf import settings
from django.http import FileResponse
from django.utils.translation import gettext as _

from office.models.stored_file import StoredFile
from office.refusal import Refused

if TYPE_CHECKING:
    from office.models import User

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLS = "application/vnd.ms-excel"
OFD = "application/ofd"
PDF, PNG, JPEG, ZIP = "application/pdf", "image/png", "image/jpeg", "application/zip"
INLINE_TYPES = frozenset({PDF, PNG, JPEG})
# How people call them, in the order in which they are offered.
WORDS = {
    PDF: "PDF",
    PNG: "PNG",
    JPEG: "JPEG",
    OFD: "OFD",
    XLSX: ".xlsx",
    XLS: ".xls",
    DOCX: ".docx",
    ZIP: ".zip",
}


def wrong_type(name: str, allowed: Iterable[str]) -> Refused:
    """What is told of a file whose bytes are none of the kinds allowed, with the kinds to send instead."""
    kinds = "、".join(word for kind, word in WORDS.items() if kind in set(allowed))
    return Refused(
        "wrong-type",
        _("%(name)s is by its content no file that is taken here; please send %(kinds)s.")
        % {"name": safe_name(name), "kinds": kinds},
        status=422,
    )


def path_of(sha256: str) -> Path:
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def safe_name(name: str) -> str:
    """A name for people: no path, no control or direction marks, at most 200 characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    return kept.strip(". ")[-200:] or "file"


def type_by_content(path: Path) -> str:
    """The media type the bytes show, whatever the name says; '' when unknown."""
    with path.open("rb") as handle:
        head = handle.read(8192)
    if head.startswith(b"PK\x03\x04"):
        return _zip_type(path)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return XLS
    try:
        return str(puremagic.from_string(head, mime=True))
    except puremagic.PureError:
        return ""


def _zip_type(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:5000])
    except (zipfile.BadZipFile, OSError):
        return ""
    if "xl/workbook.xml" in names:
        return XLSX
    if "word/document.xml" in names:
        return DOCX
    if "OFD.xml" in names:
        return OFD
    return ZIP


# Looks at a file before it is kept: (path, media type, digest) → bytes to keep in its place, or None.
Inspect = Callable[[Path, str, str], bytes | None]


def store(
    chunks: Iterable[bytes],
    name: str,
    by: User,
    *,
    allowed: Iterable[str] | None = None,
    inspect: Inspect | None = None,
) -> StoredFile:
    """Keep the bytes and return their row.

    `inspect` may refuse the file, or answer with the bytes that are kept instead (a picture set anew).
    Raises Refused when nothing came, when the disk is full, or when the content is none of `allowed`.
    """
    root = Path(settings.MEDIA_ROOT)
    digest, size = hashlib.sha256(), 0
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle, temporary_name = tempfile.mkstemp(dir=root, prefix="incoming-")
        temporary = Path(temporary_name)
        try:
            with os.fdopen(handle, "wb") as out:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            if size == 0:
                raise Refused("empty-file", _("%(name)s is empty.") % {"name": safe_name(name)}, status=422)
            content_type = type_by_content(temporary)
            if allowed is not None and content_type not in set(allowed):
                raise wrong_type(name, allowed)
            kept = inspect(temporary, content_type, digest.hexdigest()) if inspect is not None else None
            if kept is not None:
                digest, size = hashlib.sha256(kept), len(kept)
                with temporary.open("wb") as out:
                    out.write(kept)
                    out.flush()
                    os.fsync(out.fileno())
                content_type = type_by_content(temporary)
            target = path_of(digest.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            "disk",
            _(
                "%(name)s could not be kept: %(why)s. Nothing was changed; please tell the system administrator."
            )
            % {"name": safe_name(name), "why": error.strerror or str(error)},
            status=507,
        ) from error
    return StoredFile.objects.create(
        sha256=digest.hexdigest(), name=safe_name(name), content_type=content_type, size=size, stored_by=by
    )


def read(stored: StoredFile) -> bytes:
    """The bytes; raises Refused when they are gone or are no longer the bytes that were stored."""
    try:
        content = path_of(stored.sha256).read_bytes()
    except OSError as error:
        raise Refused(
            "file-lost", _("The file %(name)s is no longer in the store.") % {"name": stored.name}
        ) from error
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise Refused("file-altered", _("The stored file %(name)s was altered.") % {"name": stored.name})
    return content


def open_stored(stored: StoredFile) -> IO[bytes]:
    return path_of(stored.sha256).open("rb")


def deliver(stored: StoredFile, *, inline: bool = False) -> FileResponse:
    """An answer that carries the file; only PDFs and pictures may open in the page."""
    response = FileResponse(
        open_stored(stored),
        as_attachment=not (inline and stored.content_type in INLINE_TYPES),
        filename=stored.name,
        content_type=stored.content_type or "application/octet-stream",
    )
    response["Cache-Control"] = "private, no-store"
    return response
