"""Pages of the on-site review: planned, printed, written down on the phone, signed by two.

What a visit must keep is tested in tests/scoring/test_visits.py.
"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import evidence
from office.refusal import Refused
from office.scans.reader import codes_in
from scoring import visit_forms, visit_papers
from scoring.actions import visits
from scoring.models import Score, ScoreKind, Visit, VisitLine
from tests.bonuses.papers import pdf, png
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, words_of
from tests.scoring.visits import found, planned, ready, signed, written
from units.actions import paper_forms
from units.models import SignedForm, Team, Unit
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"


@pytest.fixture
def site(cast: Cast) -> Cast:
    return ready(cast)


def form(site: Cast, visit: Visit, **fields: str) -> dict[str, str]:
    """The phone's form; `fields` as points_信访="390"."""
    values = {"version": str(visit.version), "met": "乡长"}
    for name, value in fields.items():
        kind, sub = name.split("_")
        values[f"{kind}-{site.cell('青山乡', sub).pk}"] = value
    return values


def test_a_visit_goes_from_the_plan_over_the_phone_to_two_signatures(site: Cast, signed_in: SignedIn) -> None:
    office, team = signed_in("office1"), Team.objects.get()
    choose = office.get(f"{YEAR}visits/plan/")
    way = f"{YEAR}visits/plan/?team={team.pk}&unit={site.units['青山乡'].pk}"
    office.post(
        way,
        {"on": timezone.localdate().isoformat(), "cells": [site.cell("青山乡", "安全").pk], "note": "看矿区"},
    )
    visit = Visit.objects.get()

    phone = signed_in("reviewer1").post(
        f"{YEAR}visits/{visit.pk}/record/",
        form(site, visit, points_安全="588.5", finding_安全="矿区值班在岗"),
    )
    for name in ("reviewer1", "reviewer2"):
        visit.refresh_from_db()
        signed_in(name).post(f"{YEAR}visits/{visit.pk}/signature/sign/", {"version": visit.version})

    assert "青山乡" in words_of(choose)
    assert phone.status_code == 302
    assert "两人已签" in words_of(office.get(f"{YEAR}visits/{visit.pk}/"))
    assert str(Score.objects.get(kind=ScoreKind.ONSITE).points) == "588.5"


def test_what_was_typed_stays_beside_the_sentence_that_refuses_it(site: Cast, signed_in: SignedIn) -> None:
    site.score("青山乡", "信访", "390")
    visit = planned(site)

    answer = signed_in("reviewer1").post(
        f"{YEAR}visits/{visit.pk}/record/",
        form(site, visit, points_信访="385", finding_信访="两件未办结", points_安全="588"),
    )

    assert answer.status_code == 422
    assert "390" in words_of(answer)
    assert "两件未办结" in body(answer)
    assert 'value="588"' in body(answer)
    assert not VisitLine.objects.exclude(points=None).exists()


@pytest.mark.parametrize("typed", ["很好", "1e2", "3,5"])
def test_what_is_no_number_is_refused(site: Cast, signed_in: SignedIn, typed: str) -> None:
    visit = planned(site, "安全")

    answer = signed_in("reviewer1").post(
        f"{YEAR}visits/{visit.pk}/record/", form(site, visit, points_安全=typed)
    )

    assert answer.status_code == 422
    assert f'value="{typed}"' in body(answer)


def test_two_writers_meet_instead_of_overwriting(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    mine = form(site, visit, points_安全="588")
    written(site, visit, found(site, "安全", "570"), by="reviewer2")

    answer = signed_in("reviewer1").post(f"{YEAR}visits/{visit.pk}/record/", mine)

    assert answer.status_code == 409
    assert 'value="588"' in body(answer)
    assert str(VisitLine.objects.get().points) == "570"


def test_another_teams_visit_is_not_there(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    Team.objects.get().people.remove(site.people["reviewer3"])
    client = signed_in("reviewer3")

    met = [
        client.get(f"{YEAR}visits/{visit.pk}/").status_code,
        client.get(f"{YEAR}visits/{visit.pk}/record/").status_code,
        client.get(f"{YEAR}visits/{visit.pk}/sheet.pdf").status_code,
        client.post(f"{YEAR}visits/{visit.pk}/signature/sign/", {"version": 1}).status_code,
    ]

    assert met == [404] * 4
    assert "青山乡" not in words_of(client.get(f"{YEAR}visits/"))


def test_a_lead_reads_of_a_visit_what_is_on_its_own_sub_items(site: Cast, signed_in: SignedIn) -> None:
    visit = written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588", "矿区"))

    page = words_of(signed_in("lead_市信访局").get(f"{YEAR}visits/{visit.pk}/"))

    assert "信访" in page
    assert "矿区" not in page
    assert "安全" not in page


def test_the_phone_form_is_closed_before_the_stage_with_one_sentence(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    site.at(Stage.PRELIMINARY_REVIEW)

    answer = signed_in("reviewer1").get(f"{YEAR}visits/{visit.pk}/record/")

    assert answer.status_code == 409


def test_the_office_calls_off_and_opens_again_with_a_reason(site: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    visit = signed(site, written(site, planned(site, "安全"), found(site, "安全", "588")))
    bare = client.post(f"{YEAR}visits/{visit.pk}/reopen/", {"version": visit.version, "reason": ""})
    client.post(f"{YEAR}visits/{visit.pk}/reopen/", {"version": visit.version, "reason": "漏看"})
    visit.refresh_from_db()

    done = client.post(f"{YEAR}visits/{visit.pk}/cancel/", {"version": visit.version, "reason": "改期"})

    assert (bare.status_code, done.status_code) == (422, 302)
    assert Visit.objects.get().state == "cancelled"


def test_a_changed_plan_keeps_what_was_written_about_the_cells_that_stay(
    site: Cast, signed_in: SignedIn
) -> None:
    visit = written(site, planned(site), found(site, "安全", "588"))
    client = signed_in("office1")
    shown = client.get(f"{YEAR}visits/{visit.pk}/change/")

    client.post(
        f"{YEAR}visits/{visit.pk}/change/",
        {
            "on": timezone.localdate().isoformat(),
            "cells": [site.cell("青山乡", "安全").pk],
            "version": visit.version,
        },
    )

    assert shown.status_code == 200
    assert [str(line.points) for line in VisitLine.objects.all()] == ["588"]


def test_a_whole_team_is_planned_on_the_page(site: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").post(
        f"{YEAR}visits/plan-team/",
        {"team": Team.objects.get().pk, "since": "2012-12-03", "per_day": "2", "with_both": "on"},
        follow=True,
    )

    assert Visit.objects.count() == 2
    assert "已安排2次" in words_of(answer)


def test_the_office_prints_sheets_with_codes_and_a_second_print_keeps_them(
    site: Cast, signed_in: SignedIn
) -> None:
    visit = planned(site, "安全")
    client = signed_in("office1")

    client.post(f"{YEAR}visits/codes/", {"visit": visit.pk})
    code = visit_forms.codes_of(site.cycle, [visit.pk])[visit.pk]
    client.post(f"{YEAR}visits/codes/")
    html = visit_papers.html_of(site.cycle, visit_papers.sheets_of(site.cycle, [visit]))

    assert visit_forms.codes_of(site.cycle, [visit.pk]) == {visit.pk: code}
    for words in (code, "单位（盖章）", "主要负责人（签字）", "经办人", "电话", "安全"):
        assert words in html
    assert code in words_of(client.get(f"{YEAR}visits/{visit.pk}/"))


def test_the_printed_sheet_says_its_code_to_the_scanner(site: Cast) -> None:
    visit = planned(site, "安全")
    visit_forms.give_codes(site.hat("office1"), site.cycle, [visit.pk])
    code = visit_forms.codes_of(site.cycle, [visit.pk])[visit.pk]

    content = visit_papers.pdf_of(site.cycle, visit_papers.sheets_of(site.cycle, [visit]))

    assert codes_in([content], "sheet.pdf") == [code]


def on_paper(site: Cast, visit: Visit, by: str = "office2") -> SignedForm:
    """The signed sheet comes back, is scanned by office1 and compared by another."""
    visit_forms.give_codes(site.hat("office1"), site.cycle, [visit.pk])
    code = visit_forms.codes_of(site.cycle, [visit.pk])[visit.pk]
    upload = SimpleUploadedFile(f"{code}.pdf", pdf("考评组签字"))
    form = paper_forms.take_scan(by=site.hat("office1"), cycle=site.cycle, code=code, upload=upload)
    digest = visit_forms.figures(form).digest
    return paper_forms.compare(by=site.hat(by), cycle=site.cycle, code=code, digest=digest)


def test_a_signed_sheet_compared_by_a_second_person_makes_the_points_count(site: Cast) -> None:
    visit = planned(site, "安全")
    written(site, visit, found(site, "安全", "588.5"), by="office1")

    form = on_paper(site, visit)

    visit.refresh_from_db()
    score = Score.objects.get(kind=ScoreKind.ONSITE)
    assert (visit.state, visit.paper, visit.first_by) == ("signed", form.scan, None)
    assert (str(score.points), score.paper, score.entered_by) == (
        "588.5",
        form.scan,
        site.people["office2"],
    )


def test_who_typed_the_sheet_does_not_compare_it(site: Cast) -> None:
    visit = planned(site, "安全")
    written(site, visit, found(site, "安全", "588.5"), by="office1")

    with pytest.raises(Refused) as refused:
        on_paper(site, visit, by="office1")

    assert (refused.value.code, Score.objects.count()) == ("same-person", 0)


def test_the_visited_unit_does_not_find_the_sheet(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    written(site, visit, found(site, "安全", "588.5"), by="office1")
    form = on_paper(site, visit)

    client = signed_in("official_青山乡")

    assert client.get(f"{YEAR}forms/{form.code}/").status_code == 404
    assert form.code not in body(client.get(f"{YEAR}forms/"))


def test_pictures_lie_beside_a_visit_and_are_taken_away_while_it_is_open(
    site: Cast, signed_in: SignedIn
) -> None:
    visit = planned(site, "安全")
    client = signed_in("reviewer1")
    client.post(
        f"{YEAR}visits/{visit.pk}/photos/",
        {"file": SimpleUploadedFile("矿区.png", png("矿区")), "note": "值班室"},
    )
    (kept,) = evidence.of(visit)

    shown = client.get(f"{YEAR}visits/{visit.pk}/")
    bytes_of = client.get(f"{YEAR}visits/photos/{kept.pk}/")
    client.post(f"{YEAR}visits/photos/{kept.pk}/remove/")

    assert "值班室" in words_of(shown)
    assert bytes_of["Content-Type"] == "image/png"
    assert evidence.of(visit) == []


def test_a_picture_is_one_by_its_bytes_and_is_nobody_elses(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site)
    way = f"{YEAR}visits/{visit.pk}/photos/"
    team = signed_in("reviewer1")
    wrong = team.post(way, {"file": SimpleUploadedFile("a.png", b"<html>no picture</html>")}, follow=True)
    team.post(way, {"file": SimpleUploadedFile("矿区.png", png("矿区"))})
    (kept,) = evidence.of(visit)

    met = [
        signed_in(name).get(f"{YEAR}visits/photos/{kept.pk}/").status_code
        for name in ("lead_市信访局", "official_青山乡", "official_白水乡")
    ]

    assert "a.png" in words_of(wrong)
    assert met == [404, 404, 404]
    assert signed_in("official_青山乡").post(way).status_code == 404


def test_after_two_signatures_no_picture_comes_or_goes(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    client = signed_in("reviewer1")
    way = f"{YEAR}visits/{visit.pk}/photos/"
    client.post(way, {"file": SimpleUploadedFile("矿区.png", png("矿区"))})
    signed(site, written(site, visit, found(site, "安全", "588")))
    (kept,) = evidence.of(visit)

    client.post(way, {"file": SimpleUploadedFile("二.png", png("二"))})
    client.post(f"{YEAR}visits/photos/{kept.pk}/remove/")

    assert [row.pk for row in evidence.of(visit)] == [kept.pk]


def test_the_sheet_comes_as_pdf(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    client = signed_in("reviewer1")

    one, many = (client.get(f"{YEAR}visits{end}") for end in (f"/{visit.pk}/sheet.pdf", ".pdf"))

    assert one.content[:5] == many.content[:5] == b"%PDF-"


def test_the_list_comes_as_workbook_and_says_what_to_do_when_empty(site: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    empty = words_of(client.get(f"{YEAR}visits/"))
    planned(site, "安全")

    assert "还没有实地考评" in empty
    assert client.get(f"{YEAR}visits.xlsx").status_code == 200
    assert "白水乡" in words_of(client.get(f"{YEAR}visits/?state=planned"))


def test_thirty_visits_take_the_queries_of_one(site: Cast, signed_in: SignedIn) -> None:
    visit = planned(site, "安全")
    client = signed_in("reviewer1")
    client.get(f"{YEAR}visits/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"{YEAR}visits/")
    for number in range(29):
        unit = Unit.objects.create(name=f"新设{number}乡", kind="乡镇", order=100 + number)
        Team.objects.get().units.add(unit)
        Visit.objects.create(
            cycle=site.cycle, team=visit.team, unit=unit, on=visit.on, planned_by=site.people["office1"]
        )

    with CaptureQueriesContext(connection) as many:
        client.get(f"{YEAR}visits/")

    assert len(few) == len(many) <= 30


def test_a_line_of_another_unit_is_no_part_of_a_visit(site: Cast) -> None:
    visit = planned(site, "安全")

    with pytest.raises(Refused) as refused:
        visits.record_findings(
            by=site.hat("reviewer1"),
            cycle=site.cycle,
            visit_id=visit.pk,
            findings=[visits.Finding(site.cell("白水乡", "安全").pk, "x")],
        )

    assert refused.value.status == 404
