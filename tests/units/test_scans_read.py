"""The code is read from the picture of a signed scan: real forms, printed, scanned badly, handed in over the page."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pypdfium2
import pytest
import qrcode
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from office.refusal import Refused
from office.scans.limits import Limits
from office.scans.reader import codes_in
from tests.cast import Cast
from tests.pages.reading import YEAR, signed_in, words_of
from tests.pages.test_self import fill_in
from tests.units.test_paper_forms import printed
from units import paper_codes, reports
from units.actions import paper_forms
from units.models import Cycle, SignedForm
from units.stages import Stage

pytestmark = pytest.mark.django_db
FORMS = f"{YEAR}forms/"
A4_AT_150 = (1240, 1754)


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SELF_ASSESSMENT)


@pytest.fixture
def form(year: Cast) -> SignedForm:
    fill_in(year)
    return printed(year)


def page_of(form: SignedForm) -> Image.Image:
    """The first page as a grey scan of 150 dots to the inch."""
    document = pypdfium2.PdfDocument(reports.form_pdf(form))
    picture: Image.Image = document[0].render(scale=150 / 72, grayscale=True).to_pil()
    return picture


def worn(picture: Image.Image, angle: float) -> Image.Image:
    """Turned by so many degrees, with the noise of an old scanner on grey paper."""
    turned = picture.rotate(angle, expand=True, fillcolor=235, resample=Image.Resampling.BICUBIC)
    dots = np.asarray(turned, dtype=float) * 0.85 + 20
    noise = np.random.default_rng(20121220).normal(0, 16, dots.shape)
    return Image.fromarray((dots + noise).clip(0, 255).astype("uint8"))


def saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 55} if kind == "JPEG" else {}))
    return out.getvalue()


def sent(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def drop(year: Cast, *files: SimpleUploadedFile, by: str = "office1") -> str:
    answer = signed_in(year.people[by]).post(FORMS, {"files": list(files)}, follow=True)
    assert answer.status_code in {200, 422}
    return words_of(answer)


def test_a_bad_scan_still_says_its_code_whichever_way_it_lies(form: SignedForm) -> None:
    picture = page_of(form)
    assert abs(picture.width - A4_AT_150[0]) < 3

    for angle in (0, 3, -3, 90, 180, 183):
        for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png"), ("PDF", "a.pdf")):
            content = saved(worn(picture, angle), kind)
            assert codes_in([content], name) == [form.code], (angle, kind)


def test_a_scan_finds_its_form_by_the_picture_though_the_scanner_named_it(
    year: Cast, form: SignedForm
) -> None:
    scan = sent(saved(worn(page_of(form), 183), "JPEG"), "Scan_0001.jpg")

    drop(year, scan)

    form.refresh_from_db()
    assert form.state == "scanned"
    assert form.scan is not None


def test_many_scans_dropped_at_once_each_find_their_place(year: Cast, form: SignedForm) -> None:
    other = paper_forms.print_form(
        by=year.hat("office1"), cycle=year.cycle, kind="lead", about_id=year.units["市信访局"].pk, empty=True
    )
    blank = Image.new("L", A4_AT_150, 250)

    words = drop(
        year,
        sent(saved(worn(page_of(form), 3), "PNG"), "Scan_0001.png"),
        sent(saved(worn(page_of(other), 180), "PDF"), "Scan_0002.pdf"),
        sent(saved(worn(blank, 0), "PNG"), "Scan_0003.png"),
    )

    form.refresh_from_db()
    other.refresh_from_db()
    assert (form.state, other.state) == ("scanned", "scanned")
    assert form.scan_id != other.scan_id
    assert "Scan_0003.png上读不出表单编号" in words


def test_two_codes_on_one_scan_are_refused_by_one_sentence(year: Cast, form: SignedForm) -> None:
    first, second = page_of(form), page_of(form)
    form.code = paper_codes.code_for("another")
    second = page_of(form)
    both = Image.new("L", (first.width * 2, first.height), 255)
    both.paste(first, (0, 0))
    both.paste(second, (first.width, 0))

    words = drop(year, sent(saved(both, "PNG"), "Scan_0001.png"))

    assert "上有2个表单编号" in words
    assert form.code in words


def test_a_name_that_says_another_code_than_the_paper_is_refused(year: Cast, form: SignedForm) -> None:
    other = paper_codes.code_for("another")

    words = drop(year, sent(saved(page_of(form), "PNG"), f"{other}.png"))

    form.refresh_from_db()
    assert f"纸面上的编号是{form.code}，文件名里的是{other}" in words
    assert form.state == "printed"


def test_on_a_forms_own_page_the_scan_of_another_form_is_refused(year: Cast, form: SignedForm) -> None:
    picture = page_of(form)
    SignedForm.objects.filter(pk=form.pk).update(code=paper_codes.code_for("another"))
    form.refresh_from_db()

    answer = signed_in(year.people["office1"]).post(
        f"{FORMS}{form.code}/", {"file": sent(saved(picture, "PNG"), "a.png")}
    )

    form.refresh_from_db()
    assert answer.status_code == 422
    assert "请到对应的表内上传" in words_of(answer)
    assert form.state == "printed"


def test_the_code_of_another_year_is_named_with_its_year(year: Cast, form: SignedForm) -> None:
    older = Cycle.objects.create(code="2011", name="双向承诺综合考评", year=2011, host=year.cycle.host)
    SignedForm.objects.filter(pk=form.pk).update(cycle=older)
    scan = saved(page_of(form), "PNG")

    by_office = drop(year, sent(scan, "Scan_0001.png"))
    by_unit = drop(year, sent(scan, "Scan_0001.png"), by="official_青山乡")
    by_rival = drop(year, sent(scan, "Scan_0001.png"), by="official_白水乡")

    assert f"“{form.code}”是2011年度的表" in by_office
    assert f"“{form.code}”是2011年度的表" in by_unit
    assert "2011" not in by_rival
    assert "没有编号为" in by_rival


def test_the_code_of_another_unit_is_no_form_to_its_rival(year: Cast, form: SignedForm) -> None:
    words = drop(year, sent(saved(page_of(form), "PNG"), "Scan_0001.png"), by="official_白水乡")

    form.refresh_from_db()
    assert form.state == "printed"
    assert "青山乡" not in words


def test_other_codes_on_the_paper_are_passed_over(form: SignedForm) -> None:
    picture = page_of(form)
    other = qrcode.make("https://example.org/notice", box_size=6).get_image().convert("L")
    picture.paste(other, (100, 1300))
    upload = sent(saved(picture, "PNG"), "a.png")

    assert len(codes_in([upload.read()], "a.png")) == 2
    assert paper_forms.codes_shown(upload, "a.png") == [form.code]


# Hostile and broken files ---------------------------------------------------------------------------


def huge_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A header that claims so many dots, and nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def refused(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as caught:
        codes_in([content], "a", limits)
    return caught.value.code


def test_a_picture_that_claims_too_many_dots_is_refused_before_it_is_unpacked(year: Cast) -> None:
    assert refused(huge_png()) == "scan-picture-too-big"
    assert "像素过多" in drop(year, sent(huge_png(), "Scan_0001.png"))


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 nothing", b"\x89PNG\r\n\x1a\nnothing", b"\xff\xd8\xff\xe0nothing"]
)
def test_a_broken_file_is_refused_and_the_page_lives(year: Cast, content: bytes) -> None:
    assert refused(content) == "scan-unreadable"
    assert "读不出表单编号" in drop(year, sent(content, "Scan_0001.pdf"))


def test_a_file_that_needs_more_time_or_memory_than_a_scan_is_given_up(form: SignedForm) -> None:
    content = saved(page_of(form), "PNG")

    assert refused(content, Limits(wait_seconds=0)) == "scan-too-slow"
    assert refused(content, Limits(memory_bytes=60 * 2**20)) == "scan-unreadable"


def test_what_is_no_scan_has_no_code() -> None:
    assert codes_in([b"PK\x03\x04 a workbook"], "a.xlsx") == []
    assert codes_in([b"OFD"], "a.ofd") == []
