"""Pages of the on-site review: planned, printed, written down on the phone, signed by two.

What a visit must keep is tested in tests/scoring/test_visits.py.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office.refusal import Refused
from scoring import visit_papers
from scoring.actions import visits
from scoring.models import Score, ScoreKind, Visit, VisitLine
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, words_of
from tests.scoring.visits import found, planned, ready, signed, written
from units.models import Team, Unit
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


def test_the_sheet_carries_its_code_and_the_line_to_sign(site: Cast) -> None:
    visit = planned(site, "安全")

    html = visit_papers.html_of(site.cycle, visit_papers.sheets_of(site.cycle, [visit]))

    for words in (
        visit_papers.code_of(visit),
        "单位（盖章）",
        "主要负责人（签字）",
        "经办人",
        "电话",
        "安全",
    ):
        assert words in html


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
