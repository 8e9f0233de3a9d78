"""The child process that opens a stranger's scan: limits itself, looks for codes, says what it read.
It imports no Django, opens nothing but its standard input and writes one line; the sentences are the parent's.
"""

import io
import json
import math
import resource
import sys
from collections.abc import Iterator

from office.scans.limits import Limits

HEAD = 8


def main() -> None:
    """`argv[1]` is the order as JSON: the limits.  Says {"texts": […]} or {"refused": code}."""
    limits = Limits(**json.loads(sys.argv[1]))
    restrict(limits)
    try:
        said: dict[str, object] = {"texts": texts_in(sys.stdin.buffer.read(limits.file_bytes + 1), limits)}
    except TooBig:
        said = {"refused": "picture-too-big"}
    except (OSError, SyntaxError, ValueError, RuntimeError, MemoryError):
        said = {"refused": "unreadable"}
    sys.stdout.write(json.dumps(said) + "\n")


class TooBig(Exception):
    """More dots than may be unpacked."""


def restrict(limits: Limits) -> None:
    """Memory, processor time, no core file, no file to write to."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def texts_in(content: bytes, limits: Limits) -> list[str]:
    """What every QR code of the scan says, each text once, in the order of the pages."""
    if len(content) > limits.file_bytes:
        raise TooBig
    if content[:HEAD].startswith(b"%PDF"):
        pictures = pages_of(content, limits)
    elif content[:HEAD].startswith((b"\x89PNG", b"\xff\xd8\xff")):
        pictures = iter([picture_of(content, limits)])
    else:
        return []
    found: dict[str, None] = {}
    for picture in pictures:
        found.update(dict.fromkeys(read(picture)))
    return list(found)


def read(picture: "object") -> list[str]:
    """The QR codes of one picture, whichever way it lies."""
    import zxingcpp

    codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [code.text[:200] for code in codes if code.valid]


def pages_of(content: bytes, limits: Limits) -> "Iterator[object]":
    """The first pages of a PDF in grey, each within the dots that may be unpacked."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        for number in range(min(len(document), limits.pages)):
            page = document[number]
            width, height = page.get_size()  # points, 72 to the inch
            area = max(width, 1.0) * max(height, 1.0)
            scale = min(limits.dots_per_inch / 72, math.sqrt(limits.page_pixels / area))
            bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
            yield bitmap.to_pil()
            bitmap.close()
            page.close()
    finally:
        document.close()


def picture_of(content: bytes, limits: Limits) -> object:
    """A JPEG or PNG in grey; refused by its header when it would unpack to too many dots."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # asked below, where the limit is told
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
        opened.draft("L", (2400, 3400))  # a JPEG may be read at a half, a quarter, an eighth
        width, height = opened.size
        if width * height > limits.picture_pixels:
            raise TooBig
        return opened.convert("L")
