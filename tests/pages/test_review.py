"""The preliminary review's pages: everything side by side, scores with opinions in one go, returns and answers.

What a return must keep is tested in tests/scoring/test_supplements.py.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office.models import AuditEntry
from scoring.models import Cell, Involvement, Score, ScoreKind, Supplement
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, grow, words_of
from tests.scoring import test_returns as returns
from units.models import Cycle, Team
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"
UNIT = f"{YEAR}review/units/青山乡/"


def typed(cast: Cast, *marks: tuple[str, str, str], unit: str = "青山乡") -> dict[str, str]:
    """(sub-item, points, opinion) as the form sends them."""
    values: dict[str, str] = {}
    for sub, points, opinion in marks:
        cell = cast.cell(unit, sub)
        values |= {
            f"points-{cell.pk}": points,
            f"opinion-{cell.pk}": opinion,
            f"version-{cell.pk}": str(cell.version),
        }
    return values


def preliminary(cast: Cast) -> dict[str, tuple[Decimal, str]]:
    rows = Score.objects.filter(kind=ScoreKind.PRELIMINARY, cell__membership__unit__name="青山乡")
    return {
        name: (points, reason)
        for name, points, reason in rows.values_list("cell__sub_item__name", "points", "reason")
    }


def test_a_unit_shows_self_lead_and_last_year_side_by_side(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "398", ScoreKind.SELF)
    cast.score("青山乡", "信访", "371", ScoreKind.LEAD)
    last = Cycle.objects.create(code="2011", name="2011", year=2011, host=cast.cycle.host)
    _last_year(cast, last)

    words = words_of(signed_in("reviewer1").get(UNIT))

    assert "366.00" in words
    assert "398.00" in words
    assert "371.00" in words


def test_a_cell_shows_what_its_lead_and_helpers_reported_of_the_unit(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.MONITORING)
    returns.taken(
        cast,
        returns.row("青山乡", "98.5", period="四季度"),
        returns.row("白水乡", "61.25", period="四季度"),
    )
    cast.at(Stage.PRELIMINARY_REVIEW)
    reviewer = signed_in("reviewer1")

    own = words_of(reviewer.get(f"{YEAR}review/cells/{cast.cell('青山乡', '信访').pk}/"))
    other = words_of(reviewer.get(f"{YEAR}review/cells/{cast.cell('青山乡', '安全').pk}/"))
    unit = words_of(reviewer.get(UNIT))

    assert "初访办结率 2012年第4季度 98.5" in own
    assert "61.25" not in own
    assert "98.5" not in other
    assert "统计数据1项" in unit


def _last_year(cast: Cast, last: Cycle) -> None:
    """信访 of 青山乡 counted 366 the year before."""
    from scoring.models import MajorItem, SubItem
    from units.models import Block, Membership

    block = Block.objects.create(cycle=last, name="乡镇口", kind="综合")
    item = MajorItem.objects.create(block=block, name="社会管理", weight_points=400, base_points=400)
    member = Membership.objects.create(block=block, unit=cast.units["青山乡"])
    sub = SubItem.objects.create(item=item, name="信访", base_points=400)
    cell = Cell.objects.get(membership=member, sub_item=sub)
    for kind, points in ((ScoreKind.LEAD, 350), (ScoreKind.PRELIMINARY, 366), (ScoreKind.SELF, 400)):
        Score.objects.create(
            cell=cell,
            kind=kind,
            points=points,
            entered_by=cast.people["office1"],
            entered_at=timezone.now(),
        )


def test_a_unit_is_scored_with_opinions_in_one_go(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("reviewer1").post(
        UNIT, typed(cast, ("信访", "388.5", "两件超期"), ("决战园区", "97", "")), follow=True
    )

    assert "已保存2项得分" in words_of(answer)
    assert preliminary(cast) == {"信访": (Decimal("388.5"), "两件超期"), "决战园区": (Decimal("97"), "")}
    assert AuditEntry.objects.filter(act="score.recorded").count() == 2


def test_what_already_stands_is_not_entered_again(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("reviewer1")
    client.post(UNIT, typed(cast, ("信访", "388.5", "两件超期")))

    client.post(UNIT, typed(cast, ("信访", "388.5", "两件超期"), ("决战园区", "97", "")))

    assert cast.cell("青山乡", "信访").version == 1
    assert AuditEntry.objects.filter(act="score.recorded").count() == 2


def test_one_bad_row_stores_none_and_every_word_stays(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("reviewer1").post(
        UNIT, typed(cast, ("信访", "401", "太高"), ("决战园区", "97", "不错"))
    )

    assert answer.status_code == 422
    assert preliminary(cast) == {}
    assert 'value="401"' in body(answer)
    assert 'value="不错"' in body(answer)
    assert "400" in words_of(answer)


def test_two_reviewers_meet_and_both_values_stand(cast: Cast, signed_in: SignedIn) -> None:
    mine = typed(cast, ("信访", "388", "甲"))
    signed_in("office1").post(f"{YEAR}review/units/青山乡/", typed(cast, ("信访", "370", "乙")))

    answer = signed_in("reviewer1").post(UNIT, mine)

    assert answer.status_code == 409
    assert "370" in words_of(answer)
    assert 'value="388"' in body(answer)
    assert preliminary(cast)["信访"] == (Decimal("370"), "乙")


@pytest.mark.parametrize(("points", "opinion"), [("很好", ""), ("", "只有意见"), ("388.555", "")])
def test_a_row_that_says_no_score_is_refused(
    cast: Cast, signed_in: SignedIn, points: str, opinion: str
) -> None:
    answer = signed_in("reviewer1").post(UNIT, typed(cast, ("信访", points, opinion)))

    assert (answer.status_code, preliminary(cast)) == (422, {})


def test_a_score_is_not_cleared_by_an_empty_field(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "388")

    answer = signed_in("reviewer1").post(UNIT, typed(cast, ("信访", "", "")))

    assert answer.status_code == 422
    assert "信访" in preliminary(cast)


def test_what_only_a_visit_scores_and_what_is_not_involved_is_not_typed(
    cast: Cast, signed_in: SignedIn
) -> None:
    Cell.objects.filter(pk=cast.cell("青山乡", "信访").pk).update(involvement=Involvement.CONFIRMED)

    html = body(signed_in("reviewer1").get(UNIT))

    assert f"points-{cast.cell('青山乡', '安全').pk}" not in html
    assert f"points-{cast.cell('青山乡', '信访').pk}" not in html
    assert f"points-{cast.cell('青山乡', '决战园区').pk}" in html


def test_a_foreign_unit_cell_and_sub_item_are_not_there(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("reviewer1")

    met = [
        client.get(f"{YEAR}review/units/白水乡/").status_code,
        client.post(f"{YEAR}review/units/白水乡/", typed(cast, ("信访", "1", ""), unit="白水乡")).status_code,
        client.get(f"{YEAR}review/cells/{cast.cell('白水乡', '信访').pk}/").status_code,
        client.get(f"{YEAR}review/sub-items/987654/").status_code,
        client.get(f"{YEAR}review.xlsx?unit=白水乡").status_code,
    ]

    assert met == [404] * 5


def test_a_foreign_cell_smuggled_into_the_form_changes_nothing(cast: Cast, signed_in: SignedIn) -> None:
    signed_in("reviewer1").post(UNIT, typed(cast, ("信访", "1", ""), unit="白水乡"))

    assert not Score.objects.exists()


def test_a_sub_item_shows_the_teams_units_only(cast: Cast, signed_in: SignedIn) -> None:
    words = words_of(signed_in("reviewer1").get(f"{YEAR}review/sub-items/{cast.subs['乡镇口', '信访'].pk}/"))

    assert "青山乡" in words
    assert "白水乡" not in words


def test_a_reviewer_tied_to_a_unit_does_not_meet_it(cast: Cast, signed_in: SignedIn) -> None:
    from units.models import Conflict

    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["reviewer1"], unit=cast.units["青山乡"], reason="亲属"
    )
    client = signed_in("reviewer1")

    assert client.get(UNIT).status_code == 404
    assert "青山乡" not in words_of(client.get(f"{YEAR}review/"))


def test_outside_its_stage_the_review_is_read_and_not_written(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.ONSITE_REVIEW)
    client = signed_in("reviewer1")

    assert "points-" not in body(client.get(UNIT))
    assert client.post(UNIT, typed(cast, ("信访", "388", ""))).status_code == 409


def test_a_return_goes_to_the_unit_and_back_to_the_team(cast: Cast, signed_in: SignedIn) -> None:
    cell = cast.cell("青山乡", "信访")
    team, unit = signed_in("reviewer1"), signed_in("official_青山乡")
    team.post(
        f"{YEAR}review/cells/{cell.pk}/return/",
        {"what": "请补办结材料", "due_on": timezone.localdate().isoformat()},
    )
    row = Supplement.objects.get()

    seen = unit.get(f"{YEAR}supplements/")
    unit.post(f"{YEAR}supplements/{row.pk}/answer/", {"answer": "材料已补"})
    read = team.get(f"{YEAR}review/cells/{cell.pk}/")
    team.post(f"{YEAR}supplements/{row.pk}/accept/")

    row.refresh_from_db()
    assert "请补办结材料" in words_of(seen)
    assert "材料已补" in words_of(read)
    assert "退回1次" in words_of(read)
    assert row.state == "closed"


def test_what_was_typed_stays_when_a_return_is_refused(cast: Cast, signed_in: SignedIn) -> None:
    cell = cast.cell("青山乡", "信访")

    answer = signed_in("reviewer1").post(
        f"{YEAR}review/cells/{cell.pk}/return/", {"what": "请补办结材料", "due_on": "2012-01-01"}
    )

    assert answer.status_code == 422
    assert "请补办结材料" in body(answer)


def test_another_units_return_is_not_there(cast: Cast, signed_in: SignedIn) -> None:
    row = Supplement.objects.create(
        cell=cast.cell("青山乡", "信访"),
        number=1,
        what="青山乡的事",
        due_on=timezone.localdate(),
        asked_by=cast.people["reviewer1"],
    )
    rival = signed_in("official_白水乡")

    page = rival.get(f"{YEAR}supplements/")
    post = rival.post(f"{YEAR}supplements/{row.pk}/answer/", {"answer": "x"})

    assert post.status_code == 404
    assert "青山乡的事" not in words_of(page)
    assert signed_in("lead_市信访局").get(f"{YEAR}supplements/").status_code == 200


def test_nothing_is_returned_or_settled_by_get(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("reviewer1")
    cell = cast.cell("青山乡", "信访").pk

    assert client.get(f"{YEAR}review/cells/{cell}/return/").status_code == 405
    assert client.get(f"{YEAR}supplements/1/accept/").status_code == 405


def test_both_tables_come_as_workbooks(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("reviewer1")

    for address in ("review.xlsx", "review.xlsx?unit=青山乡", "supplements.xlsx"):
        assert client.get(YEAR + address).content[:2] == b"PK"


def test_thirty_units_take_the_queries_of_two(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("reviewer1")
    sub = f"{YEAR}review/sub-items/{cast.subs['乡镇口', '信访'].pk}/"
    counts = []
    for more in (0, 30):
        grow(cast, more)
        Team.objects.get().units.add(*cast.blocks["乡镇口"].memberships.values_list("unit_id", flat=True))
        for address in (f"{YEAR}review/", sub):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
    assert max(counts) <= 30


def test_a_finding_of_distortion_flags_its_row_with_the_way_to_it(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "398", ScoreKind.SELF)
    cast.score("青山乡", "信访", "300", ScoreKind.LEAD)
    cell = cast.cell("青山乡", "信访")
    way = f"{YEAR}distortion/?key=self-above-lead%3A{cell.pk}"
    reviewer = signed_in("reviewer1")

    pages = [body(reviewer.get(path)) for path in (UNIT, f"{YEAR}review/cells/{cell.pk}/")]
    finding = words_of(reviewer.get(way))
    reviewer_of_none = words_of(signed_in("lead_市信访局").get(f"{YEAR}lead-scores/"))
    signed_in("office1").post(
        f"{YEAR}distortion/dismiss/", {"key": f"self-above-lead:{cell.pk}", "reason": "已核实"}
    )
    after = body(reviewer.get(UNIT))

    assert [f'href="{way}"' in page for page in pages] == [True, True]
    assert "高出98" in finding
    assert "高出98" not in reviewer_of_none
    assert way not in after
