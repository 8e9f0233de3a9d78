"""Evidence: typed by its bytes, hostile files refused, pictures set anew, the owner's room kept exactly."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageFile

from office import contents, evidence, files
from office import pdf as office_pdf
from office.models import Evidence, EvidenceRoom, StoredFile
from office.refusal import Refused
from tests.bonuses.papers import pdf, png
from tests.cast import Cast

ACCOUNT = "2012/1"


def photo(width: int = 40, height: int = 20, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "JPEG", **more)
    return out.getvalue()


def package(*members: str, main: str = "xl/workbook.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in (main, *members):
            made.writestr(name, "x")
    return out.getvalue()


def huge_png(side: int) -> bytes:
    """A PNG whose header claims side × side dots; a few hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def huge_jpeg(side: int) -> bytes:
    """A photograph whose header is rewritten to claim side × side dots."""
    content = photo()
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", side, side) + content[at + 4 :]


def receive(cast: Cast, content: bytes, name: str = "材料.pdf") -> evidence.Received:
    return evidence.receive(SimpleUploadedFile(name, content), cast.people["official_青山乡"], ACCOUNT)


def attach(cast: Cast, content: bytes, name: str = "材料.pdf") -> tuple[Evidence, bool]:
    received = receive(cast, content, name)
    with transaction.atomic():
        return evidence.attach(
            received, by=cast.people["official_青山乡"], about=cast.units["青山乡"], account=ACCOUNT
        )


def refused(act: Callable[..., Any], *values: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*values)
    return caught.value


@pytest.mark.parametrize(
    ("content", "name", "kept"),
    [
        (pdf("通知"), "通知.pdf", "通知.pdf"),
        (photo(), "现场.JPEG", "现场.JPEG"),
        (png(), "截图.png", "截图.png"),
        (package(), "台账.xlsx", "台账.xlsx"),
        (package(main="word/document.xml"), "总结.docx", "总结.docx"),
        (package(main="OFD.xml"), "公文.ofd", "公文.ofd"),
        (photo(), "现场.exe", "现场.jpg"),  # saved by its bytes, never as a program
        (pdf(), "无后缀", "无后缀.pdf"),
        (pdf(), "../../etc/passwd.pdf", "passwd.pdf"),
        (pdf(), "..\\..\\系统.pdf", "系统.pdf"),
        (png(), "invoice‮gnp.exe", "invoicegnp.png"),  # a right-to-left mark hid the suffix
    ],
)
def test_six_kinds_are_taken_by_their_bytes_and_the_name_is_cleaned(
    cast: Cast, content: bytes, name: str, kept: str
) -> None:
    # The framework itself cuts a path; what it lets through is cleaned by safe_name.
    assert files.safe_name(name) == files.safe_name(files.safe_name(name))

    row, is_new = attach(cast, content, name)

    assert (row.file.name, is_new) == (kept, True)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "空.pdf", "empty-file"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "通知.pdf", "wrong-type"),
        (SVG, "图.svg", "wrong-type"),
        (SVG, "图.png", "wrong-type"),
        (b"MZ\x90\x00 a program", "材料.pdf", "wrong-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "旧.xlsx", "wrong-type"),
        (package(main="readme.txt"), "包.xlsx", "wrong-type"),
        (package("xl/vbaProject.bin"), "宏.xlsx", "paper-active"),
        (package("../../../evil.xml"), "穿越.xlsx", "paper-active"),
        (package("Doc_0/run.js", main="OFD.xml"), "公文.ofd", "paper-active"),
        (pdf(extra=b"3 0 obj<</S/JavaScript/JS(app.alert())>>endobj"), "通知.pdf", "paper-active"),
        (pdf(extra=b"<</Encrypt 9 0 R>>"), "通知.pdf", "paper-locked"),
        (b"%PDF-1.7 cut off", "通知.pdf", "paper-unreadable"),
        (photo(400, 300)[:700], "现场.jpg", "paper-unreadable"),
        (png("x")[:-30], "截图.png", "paper-unreadable"),
        (huge_png(60_000), "图.png", "picture-too-big"),
        (huge_jpeg(60_000), "图.jpg", "picture-too-big"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_and_nothing_is_kept(
    cast: Cast, content: bytes, name: str, code: str
) -> None:
    said = refused(receive, cast, content, name)

    assert said.code == code
    assert not StoredFile.objects.exists()


def test_a_picture_that_breaks_off_is_refused_also_where_papers_were_set(cast: Cast) -> None:
    """The library that sets papers lets Pillow take half pictures, in the whole process."""
    pytest.importorskip("weasyprint")
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as it leaves it
    office_pdf.require_ready()

    said = refused(receive, cast, photo(400, 400)[:-40], "现场.jpg")

    assert said.code == "paper-unreadable"
    assert not StoredFile.objects.exists()


def test_a_picture_that_claims_sixty_thousand_dots_is_never_unpacked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpacked(*_: Any) -> None:
        raise AssertionError("a dot was unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)

    said = refused(receive, cast, huge_png(60_000), "图.png")

    assert "60000 × 60000" in said.sentence


def test_a_zip_that_says_it_holds_gigabytes_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_UNPACKED", 100)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", "0" * 5000)

    assert refused(receive, cast, out.getvalue(), "大.xlsx").code == "package-too-big"


def test_a_picture_is_set_anew_upright_smaller_and_without_what_the_phone_wrote(cast: Cast) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "a telephone"
    sent = photo(4000, 1000, exif=exif) + b"<script>hidden behind the picture</script>"

    row, _is_new = attach(cast, sent, "现场.jpg")

    kept = files.read(row.file)
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.height == contents.LONGEST_SIDE
        assert picture.width < picture.height
        assert not dict(picture.getexif())
    assert b"script" not in kept
    assert row.sent_sha256 != row.file.sha256


def test_a_png_keeps_its_type_and_loses_its_words(cast: Cast) -> None:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Comment", "<?php evil ?>")
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG", pnginfo=words)

    row, _is_new = attach(cast, out.getvalue(), "截图.png")

    assert row.file.content_type == files.PNG
    assert b"evil" not in files.read(row.file)


def test_the_same_bytes_beside_the_same_record_are_kept_and_paid_once(cast: Cast) -> None:
    first, _is_new = attach(cast, photo(), "一.jpg")

    again, is_new = attach(cast, photo(), "二.jpg")

    assert (again.pk, is_new) == (first.pk, False)
    assert EvidenceRoom.objects.get().files == 1


def test_a_file_above_the_limit_is_refused_whatever_the_browser_said_of_its_size(
    cast: Cast, settings: Any
) -> None:
    settings.EVIDENCE_FILE_MB = 1

    class Liar:
        name, size = "大.pdf", 10

        def chunks(self) -> Iterator[bytes]:
            for _number in range(3):
                yield b"%PDF-" + b"0" * 500_000

    said = refused(evidence.receive, Liar(), cast.people["official_青山乡"], ACCOUNT)

    assert (said.code, said.status) == ("file-too-big", 413)
    assert not StoredFile.objects.exists()


def test_the_room_of_an_account_is_never_overdrawn_and_given_back(cast: Cast, settings: Any) -> None:
    settings.EVIDENCE_QUOTA_MB = 1
    first, _is_new = attach(cast, pdf("0" * 600_000), "一.pdf")

    said = refused(attach, cast, pdf("1" * 600_000), "二.pdf")
    with transaction.atomic():
        evidence.take_away(first)
    attach(cast, pdf("2" * 600_000), "三.pdf")

    assert (said.code, said.status) == ("no-room", 413)
    assert [row.file.name for row in evidence.of(cast.units["青山乡"])] == ["三.pdf"]
    assert EvidenceRoom.objects.get().files == 1


def test_two_files_received_at_once_cannot_both_take_the_last_room(cast: Cast, settings: Any) -> None:
    settings.EVIDENCE_QUOTA_MB = 1
    both = [receive(cast, pdf(sign * 600_000), f"{sign}.pdf") for sign in "12"]  # each alone finds room
    user, about = cast.people["official_青山乡"], cast.units["青山乡"]
    with transaction.atomic():
        evidence.attach(both[0], by=user, about=about, account=ACCOUNT)

    with pytest.raises(Refused) as caught, transaction.atomic():
        evidence.attach(both[1], by=user, about=about, account=ACCOUNT)

    assert caught.value.code == "no-room"
    assert Evidence.objects.count() == 1


def test_a_full_disk_is_told_and_keeps_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    said = refused(receive, cast, pdf(), "材料.pdf")

    assert (said.code, said.status) == ("disk", 507)
    assert not StoredFile.objects.exists()


def test_evidence_is_found_by_its_record_and_by_no_other_kind_of_record(cast: Cast) -> None:
    row, _is_new = attach(cast, pdf())
    unit = cast.units["青山乡"]

    assert evidence.of_each(type(unit), [unit.pk]) == {unit.pk: [row]}
    assert evidence.one(type(unit), row.pk) == row
    assert refused(evidence.one, type(cast.cycle), row.pk).status == 404


def test_only_pictures_and_pdfs_open_in_the_page(cast: Cast) -> None:
    picture, _new = attach(cast, photo(), "现场.jpg")
    sheet, _new = attach(cast, package(), "台账.xlsx")

    answers = [evidence.deliver(row)["Content-Disposition"].split(";")[0] for row in (picture, sheet)]

    assert answers == ["inline", "attachment"]
