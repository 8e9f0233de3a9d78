"""The pages of the plan workbook, of stand-ins and of copying a year: the litany of every page.

What a workbook may say is tested in tests/workbooks.
"""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from appraisal_site import plan_workbook
from office.models import AuditEntry, StoredFile
from scoring.models import BatchState, ImportBatch, SubItem
from tests.cast import Cast
from units.models import Cycle, Unit
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def as_person(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.people[name])
    return client


def changed_workbook(cycle: Cycle, contact: str = "甲") -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook.export(cycle)))
    sheet = book["单位"]
    column = next(c.column for c in sheet[1] if c.value == "联络员")
    sheet.cell(2, column).value = contact
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(content: bytes, name: str = "方案.xlsx") -> dict[str, SimpleUploadedFile]:
    return {"files": SimpleUploadedFile(name, content)}


def test_a_workbook_is_looked_at_and_then_taken_over(small: Cast) -> None:
    client = as_person(small, "office1")

    sent = client.post(reverse("plan-workbook", args=["2012"]), upload(changed_workbook(small.cycle)))
    shown = client.get(sent["Location"])
    untouched = Unit.objects.get(name="青山乡").contact
    done = client.post(sent["Location"], {"seen": shown.context["seen"]}, follow=True)

    assert "单位 · 青山乡" in shown.content.decode()
    assert untouched == ""
    assert done.status_code == 200
    assert Unit.objects.get(name="青山乡").contact == "甲"
    assert ImportBatch.objects.get().state == BatchState.COMMITTED
    assert "方案.xlsx" in client.get(reverse("plan-workbook", args=["2012"])).content.decode()


def test_confirming_without_having_looked_is_refused(small: Cast) -> None:
    client = as_person(small, "office1")
    sent = client.post(reverse("plan-workbook", args=["2012"]), upload(changed_workbook(small.cycle)))

    answer = client.post(sent["Location"])

    assert answer.status_code == 409
    assert Unit.objects.get(name="青山乡").contact == ""


def test_a_file_with_errors_shows_them_and_offers_the_marked_copy(small: Cast) -> None:
    client = as_person(small, "office1")
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook.export(small.cycle)))
    book["指标"]["D3"] = 999
    out = io.BytesIO()
    book.save(out)

    sent = client.post(reverse("plan-workbook", args=["2012"]), upload(out.getvalue()))
    shown = client.get(sent["Location"])
    marked = client.get(shown.context["marked_url"])

    assert shown.context["errors"] >= 1
    assert shown.context["confirm_url"] == ""
    assert "指标!D3" in shown.content.decode()
    assert ImportBatch.objects.get().state == BatchState.REFUSED
    assert openpyxl.load_workbook(io.BytesIO(marked.content))["指标"]["D3"].comment is not None


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no workbook at all"])
def test_what_is_no_workbook_is_refused_with_a_sentence(small: Cast, content: bytes) -> None:
    client = as_person(small, "office1")

    answer = client.post(reverse("plan-workbook", args=["2012"]), upload(content))

    assert answer.status_code == 422
    assert not ImportBatch.objects.exists()


def test_no_file_is_refused(small: Cast) -> None:
    assert as_person(small, "office1").post(reverse("plan-workbook", args=["2012"])).status_code == 422


def test_another_persons_upload_is_not_there(small: Cast) -> None:
    sent = as_person(small, "office1").post(
        reverse("plan-workbook", args=["2012"]), upload(changed_workbook(small.cycle))
    )

    assert as_person(small, "office2").get(sent["Location"]).status_code == 404


ROUTES = [
    ("plan-workbook", ["2012"]),
    ("new-year", []),
    ("copy-year", ["2012"]),
]


@pytest.mark.parametrize(("route", "arguments"), ROUTES)
@pytest.mark.parametrize(
    "person", ["leader1", "mayor", "lead_市信访局", "official_青山乡", "auditor", "sysadmin"]
)
def test_others_than_the_office_are_turned_away(
    small: Cast, route: str, arguments: list[str], person: str
) -> None:
    assert as_person(small, person).get(reverse(route, args=arguments)).status_code == 403


@pytest.mark.parametrize(("route", "arguments"), ROUTES)
def test_the_anonymous_are_sent_to_the_sign_in_page(small: Cast, route: str, arguments: list[str]) -> None:
    answer = Client().get(reverse(route, args=arguments))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize(("route", "arguments"), ROUTES)
def test_a_page_opens_for_the_office(small: Cast, route: str, arguments: list[str]) -> None:
    assert as_person(small, "office1").get(reverse(route, args=arguments)).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_answered(small: Cast, method: str) -> None:
    client = as_person(small, "office1")

    assert getattr(client, method)(reverse("plan-workbook", args=["2012"])).status_code == 405
    assert client.get(reverse("confirm-stand-ins", args=["2012"])).status_code == 405


def test_after_set_up_the_import_is_closed_and_the_download_open(cast: Cast) -> None:
    client = as_person(cast, "office1")

    assert client.get(reverse("plan-workbook", args=["2012"])).status_code == 409
    assert client.post(reverse("confirm-stand-ins", args=["2012"])).status_code == 409
    assert client.get(reverse("plan-workbook.xlsx", args=["2012"])).status_code == 200


def test_an_unknown_year_is_not_there(small: Cast) -> None:
    assert as_person(small, "office1").get(reverse("plan-workbook", args=["1999"])).status_code == 404


def test_the_download_reads_back_without_a_difference(small: Cast) -> None:
    answer = as_person(small, "leader1").get(reverse("plan-workbook.xlsx", args=["2012"]))

    preview = plan_workbook.preview(answer.content, "x.xlsx", by=small.hat("office1"), cycle=small.cycle)
    assert answer["Content-Disposition"].startswith("attachment")
    assert preview.changes == []


def test_a_new_year_comes_from_a_workbook(small: Cast) -> None:
    client = as_person(small, "office1")
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook.export(small.cycle)))
    book["方案"]["B3"], book["方案"]["B4"] = 2013, "2013"
    out = io.BytesIO()
    book.save(out)

    sent = client.post(reverse("new-year"), upload(out.getvalue()))
    shown = client.get(sent["Location"])
    client.post(sent["Location"], {"seen": shown.context["seen"]})

    assert Cycle.objects.get(code="2013").blocks.count() == 3


def test_all_stand_ins_are_confirmed_with_one_click(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")
    Unit.objects.filter(name="青山乡").update(is_stand_in=True)

    as_person(small, "office1").post(reverse("confirm-stand-ins", args=["2012"]))

    assert set(SubItem.objects.values_list("source", flat=True)) == {"确认"}
    assert not Unit.objects.filter(is_stand_in=True).exists()
    assert AuditEntry.objects.filter(act="rules.stand-ins-confirmed").count() == 1


def test_one_stand_in_is_confirmed_and_the_others_stay(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")
    sub = small.subs["乡镇口", "信访"]

    as_person(small, "office1").post(reverse("confirm-stand-in", args=["2012", sub.pk]))

    assert list(SubItem.objects.filter(source="确认")) == [sub]


def test_a_year_is_copied_without_its_scores(small: Cast) -> None:
    small.score("青山乡", "信访", "300")
    client = as_person(small, "office1")

    answer = client.post(reverse("copy-year", args=["2012"]), {"year": 2013, "name": "下一年"})
    again = client.post(reverse("copy-year", args=["2012"]), {"year": 2013, "name": "下一年"})

    new = Cycle.objects.get(code="2013")
    assert answer.status_code == 302
    assert again.status_code == 409
    assert "2013" in again.content.decode()
    assert (new.name, new.stage, new.blocks.count()) == ("下一年", "set-up", 3)
    assert SubItem.objects.filter(item__block__cycle=new).count() == 5
    assert not StoredFile.objects.exists()


def test_a_code_that_does_not_fit_the_year_is_refused_and_kept_in_the_form(small: Cast) -> None:
    answer = as_person(small, "office1").post(
        reverse("copy-year", args=["2012"]), {"year": 2013, "code": "2014", "name": "下一年"}
    )

    assert answer.status_code == 422
    assert "2014" in answer.content.decode()
    assert Cycle.objects.count() == 1
