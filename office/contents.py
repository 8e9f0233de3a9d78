"""Looks into what people hand in, by its bytes alone, and refuses what nobody could read or what acts by itself.

Pure but for the file it is given. Where the file goes is the business of office.files and office.evidence.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from office.files import DOCX, JPEG, OFD, PDF, PNG, XLSX
from office.refusal import Refused

MOST_PIXELS = 100_000_000  # a phone's best picture; what a hostile header claims is far above
MOST_PNG_PIXELS = 40_000_000  # a PNG cannot be read at a smaller scale, all of it must be unpacked
LONGEST_SIDE = 2600  # dots kept of a picture: an A4 page at 220 dots to the inch
JPEG_QUALITY = 85
MOST_UNPACKED = 300 * 2**20  # bytes a zip may say it holds; nothing is unpacked here
MOST_MEMBERS = 5000
OFFICE_TYPES = frozenset({XLSX, DOCX, OFD})
PICTURES = frozenset({PNG, JPEG})
# What makes a PDF act by itself; a scan has none of it.
STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
ACTIVE_MARKS = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile", b"/RichMedia")
ACTIVE_MEMBERS = frozenset(
    {".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".com", ".scr", ".htm", ".html", ".svg", ".jar", ".hta"}
)


def check(path: Path, name: str, content_type: str) -> None:
    """Raise Refused for a file that is broken, locked, too large to show, or carries a program.

    `content_type` is what the bytes show; types this module does not know are let through.
    """
    if content_type in PICTURES:
        check_picture(path, name)
    elif content_type == PDF:
        _check_pdf(path.read_bytes(), name)
    elif content_type in OFFICE_TYPES:
        _check_package(path, name)


def picture_size(path: Path, name: str) -> tuple[int, int]:
    """Width and height in dots from the header alone: nothing is unpacked.  Raises Refused when there is none."""
    try:
        with path.open("rb") as handle:
            # Not Image.open: that one answers a huge header with an error that tells no figures.
            is_png = handle.read(8) == b"\x89PNG\r\n\x1a\n"
            handle.seek(0)
            picture = PngImageFile(handle) if is_png else JpegImageFile(handle)
            width, height = picture.size
            return int(width), int(height)
    except (OSError, SyntaxError, ValueError, struct.error, IndexError) as error:
        raise unreadable(name) from error


def check_picture(path: Path, name: str) -> None:
    _require_shown(path, name)
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise unreadable(name) from error


def _require_shown(path: Path, name: str) -> None:
    width, height = picture_size(path, name)
    with path.open("rb") as handle:
        most = MOST_PNG_PIXELS if handle.read(1) == b"\x89" else MOST_PIXELS
    if width * height > most:
        raise Refused(
            "picture-too-big",
            _("%(name)s has %(width)d × %(height)d dots, more than can be shown.")
            % {"name": name, "width": width, "height": height},
            status=422,
        )


def set_anew(path: Path, name: str) -> bytes:
    """The picture as fresh bytes of its own type: upright, at most LONGEST_SIDE dots, nothing hidden beside it.

    Place and camera that a phone writes into its pictures are left out. Raises Refused for a broken picture
    and, before a dot is unpacked, for one that is too large.
    """
    _require_shown(path, name)
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as opened:
            is_png = opened.format == "PNG"
            opened.draft(
                "RGB", (LONGEST_SIDE, LONGEST_SIDE)
            )  # a JPEG is read at a half, a quarter, an eighth
            turned = ImageOps.exif_transpose(opened)
            turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = io.BytesIO()
            if is_png:
                kept = turned if turned.mode in {"1", "L", "P", "RGB", "RGBA"} else turned.convert("RGBA")
                kept.info = {k: v for k, v in kept.info.items() if k == "transparency"}
                kept.save(out, "PNG")
            else:
                kept = turned if turned.mode in {"L", "RGB"} else turned.convert("RGB")
                kept.info = {}
                kept.save(out, "JPEG", quality=JPEG_QUALITY)
    except (
        OSError,
        SyntaxError,
        ValueError,
        MemoryError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise unreadable(name) from error
    return out.getvalue()


def _check_pdf(content: bytes, name: str) -> None:
    if b"%%EOF" not in content[-2048:] or b"startxref" not in content[-4096:]:
        raise unreadable(name)
    # What is packed inside a stream is not a name of the file's structure; chance bytes there prove nothing.
    outline = STREAM.sub(b"", content)
    if b"/Encrypt" in outline:
        raise locked(name)
    if any(mark in outline for mark in ACTIVE_MARKS):
        raise active(name)


def _check_package(path: Path, name: str) -> None:
    """xlsx, docx and ofd are zip files: none of their members is unpacked, only the list of them is read."""
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
        raise unreadable(name) from error
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise Refused(
            "package-too-big",
            _("%(name)s would unpack to more than can be opened safely. Please save it anew, or as PDF.")
            % {"name": name},
            status=422,
        )
    for member in members:
        inner = PurePosixPath(member.filename.replace("\\", "/"))
        if member.flag_bits & 1:
            raise locked(name)
        if (
            inner.is_absolute()
            or ".." in inner.parts
            or inner.suffix.lower() in ACTIVE_MEMBERS
            or inner.name.lower() == "vbaproject.bin"
        ):
            raise active(name)


def unreadable(name: str) -> Refused:
    return Refused(
        "paper-unreadable",
        _("%(name)s cannot be read: the file is broken. Please scan the paper anew.") % {"name": name},
        status=422,
    )


def locked(name: str) -> Refused:
    return Refused(
        "paper-locked",
        _("%(name)s is locked by a password. Please hand in a copy without one.") % {"name": name},
        status=422,
    )


def active(name: str) -> Refused:
    return Refused(
        "paper-active",
        _("%(name)s carries a program or another file inside. Please scan the paper anew.") % {"name": name},
        status=422,
    )
