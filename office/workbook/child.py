"""The child process that opens a stranger's file: limits itself, says what the file is, streams its rows.
It imports no Django and writes nothing but lines to its standard output; the sentences are the parent's.
"""

import gc
import os
import resource
import sys
from typing import Any, Final

import orjson

from office.workbook.limits import Limits
from office.workbook.wire import ChildRefusal

HEADS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "pdf"),
    (b"\xff\xd8\xff", "photo"),
    (b"\x89PNG", "photo"),
    (b"GIF8", "photo"),
    (b"BM", "photo"),
    (b"II*\0", "photo"),
    (b"MM\0*", "photo"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"{\\rtf", "rtf"),
    (b"\x09\x08\x10\0\0\x06", "old"),
    (b"\x09\x08\x08\0", "old"),
    (b"\x09\x04\x06\0", "old"),
    (b"\x09\x02\x06\0", "old"),
    (b"\x09\x00\x04\0", "old"),
)


def sniff(head: bytes) -> str:
    """What the first bytes say: zip, ole, or the name of something that is no workbook."""
    if not head:
        return "empty"
    if head[:4] == b"PK\x03\x04":
        return "zip"
    if head[:4] in (b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "ole"
    for magic, kind in HEADS:
        if head.startswith(magic):
            return kind
    return sniff_text(head)


def sniff_text(head: bytes) -> str:
    """html, xml, csv or unknown: text that somebody may have called .xls."""
    for encoding in ("utf-8-sig", "gb18030"):
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
        text = head.decode(encoding, "ignore")
        start = text.lstrip().lower()
        if start.startswith("<?xml") or "urn:schemas-microsoft-com:office:spreadsheet" in start:
            return "html" if "<html" in start or "<table" in start else "xml"
        if (
            start.startswith(("<!doctype", "<html", "<table", "<meta", "<head", "<style", "<div"))
            or "<table" in start
        ):
            return "html"
        strange = sum(1 for letter in text if ord(letter) < 32 and letter not in "\t\r\n\f")
        if strange == 0 and "\0" not in text and len(text.strip()) > 0 and len(text) * 4 > len(head):
            return "csv"
    return "unknown"


def zip_kind(names: dict[str, Any]) -> str:
    """Which office format a zip holds, by its parts."""
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        return "macro"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.startswith("ppt/") for name in names):
        return "pptx"
    if "content.xml" in names and ("mimetype" in names or "meta-inf/manifest.xml" in names):
        return "ods"
    if "[content_types].xml" in names and "_rels/.rels" in names:
        return "xlsx"
    return "zip"


def read(limits: Limits, suffix: str) -> None:
    from office.workbook import xls, xlsx

    if suffix in ("et", "ett"):
        raise ChildRefusal("wrong-type", kind="et")
    file = sys.stdin.buffer
    head = file.read(4096)
    file.seek(0)
    kind = sniff(head)
    if kind == "empty":
        raise ChildRefusal("empty-file")
    if kind == "old":
        raise ChildRefusal("old-excel")
    if kind == "zip":
        package = xlsx.Package(file, limits)
        kind = zip_kind(package.names)
        if kind == "macro" or suffix in ("xlsm", "xltm", "xlam"):
            raise ChildRefusal("macro")
        if kind != "xlsx":
            raise ChildRefusal("wrong-type", kind=kind)
        types: list[str] = []
        package.parse(
            "[content_types].xml", lambda tag, attributes: types.append(attributes.get("ContentType", ""))
        )
        if any("macroenabled" in each.lower() for each in types):
            raise ChildRefusal("macro")
        if suffix and suffix != "xlsx":
            raise ChildRefusal("false-suffix", suffix=suffix, kind="xlsx")
        xlsx.Book(package, limits, emit).read()
        return
    if kind == "ole":
        compound = xls.Compound(file.read(limits.file_bytes + 1))
        xls.refuse_foreign(compound)
        if suffix and suffix != "xls":
            raise ChildRefusal("false-suffix", suffix=suffix, kind="xls")
        stream = compound.stream("Workbook")
        del compound
        xls.XlsBook(stream, limits, emit).read()
        return
    raise ChildRefusal("wrong-type", kind=kind)


def read_paper(limits: Limits, suffix: str) -> None:
    """A .docx instead of a workbook: the same package, the same limits."""
    from office.workbook import docx, xls, xlsx

    file = sys.stdin.buffer
    head = file.read(4096)
    file.seek(0)
    kind = sniff(head)
    if kind == "empty":
        raise ChildRefusal("empty-file")
    if kind == "ole":
        xls.refuse_foreign(xls.Compound(file.read(limits.file_bytes + 1)))
    if kind != "zip":
        raise ChildRefusal("wrong-type", kind="old" if kind == "ole" else kind)
    package = xlsx.Package(file, limits)
    kind = zip_kind(package.names)
    if kind == "macro" or suffix in ("docm", "dotm"):
        raise ChildRefusal("macro")
    if kind != "docx" or "word/document.xml" not in package.names:
        raise ChildRefusal("damaged" if kind == "docx" else "wrong-type", kind=kind)
    docx.read_words(package, emit)


def emit(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")


def restrict(limits: Limits, written_bytes: int) -> None:
    """Memory, processor time, no core file, no file to write to unless a copy is made."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes, written_bytes))


def peak_kib() -> int:
    """This process's own peak; getrusage would count the parent's memory from before the exec."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def main() -> None:
    """`argv[1]` is the order as JSON: what to do, under which limits; the file comes on standard input."""
    order = orjson.loads(sys.argv[1])
    limits = Limits(**order["limits"])
    gc.disable()  # a short life without cycles
    restrict(limits, limits.inflated_bytes if order["do"] == "mark" else 0)
    try:
        if order["do"] == "mark":
            from office.workbook.marking import mark

            mark(limits, emit)
        elif order["do"] == "words":
            read_paper(limits, order["suffix"])
        else:
            read(limits, order["suffix"])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        emit({"m": "done", "peak_kib": peak_kib(), "seconds": usage.ru_utime + usage.ru_stime})
    except ChildRefusal as refusal:
        emit({"m": "refused", "code": refusal.code, "figures": refusal.figures})
    except (MemoryError, RecursionError):
        emit({"m": "refused", "code": "too-large", "figures": {}})
    sys.stdout.buffer.flush()
    # Nothing to tidy: the pipe is flushed, and a child near its memory limit should not try.
    os._exit(0)
