"""Returns for supplement: counted per cell, answered by the unit alone, settled by the team.

The pages are tested in tests/pages/test_review.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from office.models import Notice
from office.refusal import Refused
from scoring import review_queries
from scoring.actions import supplements
from scoring.models import Cell, Involvement, Supplement, SupplementState
from tests.cast import Cast
from units.duties import Light
from units.stages import Stage

pytestmark = pytest.mark.django_db


def asked(
    cast: Cast, by: str = "reviewer1", unit: str = "青山乡", days: int = 3, sub: str = "信访"
) -> Supplement:
    return supplements.ask_supplement(
        by=cast.hat(by),
        cell_id=cast.cell(unit, sub).pk,
        what="请补充信访件办结材料",
        due_on=timezone.localdate() + timedelta(days=days),
    )


def answered(cast: Cast, row: Supplement, by: str = "official_青山乡") -> Supplement:
    return supplements.answer_supplement(by=cast.hat(by), supplement_id=row.pk, answer="已全部办结")


def settled(cast: Cast, row: Supplement) -> Supplement:
    return supplements.settle_supplement(by=cast.hat("reviewer1"), supplement_id=row.pk, accept=True)


def test_each_return_of_a_cell_has_its_number(cast: Cast) -> None:
    first = asked(cast)
    settled(cast, answered(cast, first))

    second = asked(cast)

    assert (first.number, second.number) == (1, 2)


def test_a_cell_is_returned_once_at_a_time(cast: Cast) -> None:
    asked(cast)

    with pytest.raises(Refused) as refused:
        asked(cast)

    assert refused.value.code == "supplement-open"


def test_the_units_people_are_told(cast: Cast) -> None:
    asked(cast)

    told = Notice.objects.values_list("user__username", flat=True)
    assert sorted(told) == ["official_青山乡", "principal_青山乡"]


@pytest.mark.parametrize(
    ("who", "status"), [("official_白水乡", 404), ("office1", 403), ("reviewer1", 403), ("mayor", 403)]
)
def test_the_unit_alone_answers(cast: Cast, who: str, status: int) -> None:
    row = asked(cast)

    with pytest.raises(Refused) as refused:
        answered(cast, row, who)

    assert refused.value.status == status


def test_a_foreign_teams_unit_is_not_there(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        asked(cast, unit="白水乡")

    assert refused.value.status == 404


@pytest.mark.parametrize("who", ["official_青山乡", "lead_市信访局", "leader1"])
def test_others_return_nothing(cast: Cast, who: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(cast, who)

    assert refused.value.status == 403


def test_what_is_not_said_or_past_is_refused(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访").pk
    with pytest.raises(Refused) as silent:
        supplements.ask_supplement(
            by=cast.hat("office1"), cell_id=cell, what=" ", due_on=timezone.localdate()
        )
    with pytest.raises(Refused) as past:
        asked(cast, days=-1)

    assert (silent.value.code, past.value.code) == ("nothing-asked", "day-past")


def test_nothing_is_asked_about_what_is_not_involved(cast: Cast) -> None:
    Cell.objects.filter(pk=cast.cell("青山乡", "信访").pk).update(involvement=Involvement.CONFIRMED)

    with pytest.raises(Refused) as refused:
        asked(cast)

    assert refused.value.code == "not-involved"


def test_only_an_answer_is_settled_and_taking_back_needs_a_reason(cast: Cast) -> None:
    row = asked(cast)

    with pytest.raises(Refused) as early:
        settled(cast, row)
    with pytest.raises(Refused) as bare:
        supplements.settle_supplement(by=cast.hat("reviewer1"), supplement_id=row.pk, accept=False)
    done = supplements.settle_supplement(
        by=cast.hat("reviewer1"), supplement_id=row.pk, accept=False, reason="已在台账中找到"
    )

    assert (early.value.code, bare.value.code) == ("not-answered", "no-reason")
    assert done.state == SupplementState.WITHDRAWN


def test_a_settled_return_is_not_answered_again(cast: Cast) -> None:
    row = settled(cast, answered(cast, asked(cast)))

    with pytest.raises(Refused) as refused:
        answered(cast, row)

    assert refused.value.code == "already-settled"


def test_after_the_on_site_review_nothing_is_returned(cast: Cast) -> None:
    cast.at(Stage.HEARING)

    with pytest.raises(Refused) as refused:
        asked(cast)

    assert refused.value.code == "stage-closed"


def test_a_return_is_a_duty_of_its_unit_and_stays_late_when_answered_late(cast: Cast) -> None:
    row = asked(cast, days=0)
    tomorrow = review_queries.due_at(row) + timedelta(hours=1)

    (duty,) = review_queries.duties_of(cast.cycle)
    overdue = duty.light(tomorrow)
    answered(cast, row)
    Supplement.objects.update(answered_at=tomorrow)
    (caught_up,) = review_queries.duties_of(cast.cycle)

    assert (duty.unit_id, overdue) == (cast.units["青山乡"].pk, Light.OVERDUE)
    assert caught_up.light(tomorrow) is Light.LATE


def test_an_open_return_lacks_before_the_hearing(cast: Cast) -> None:
    row = asked(cast)
    open_now = [lack.code for lack in review_queries.supplement_lacks(cast.cycle)]

    settled(cast, answered(cast, row))

    assert (open_now, review_queries.supplement_lacks(cast.cycle)) == (["supplements-open"], [])


def test_all_returns_of_a_unit_are_one_duty_with_as_many_parts(cast: Cast) -> None:
    first = asked(cast, days=0)
    asked(cast, sub="决战园区", days=3)
    both = review_queries.duties_of(cast.cycle)
    late = review_queries.due_at(first) + timedelta(hours=1)
    answered(cast, first)
    Supplement.objects.filter(pk=first.pk).update(answered_at=late)
    half = review_queries.duties_of(cast.cycle)
    answered(cast, Supplement.objects.exclude(pk=first.pk).get())
    whole = review_queries.duties_of(cast.cycle)

    assert [(d.task, d.done, d.asked, d.due) for d in both] == [
        ("supplement", 0, 2, review_queries.due_at(first))
    ]
    assert [(d.done, d.asked, d.done_at) for d in half] == [(1, 2, None)]
    assert half[0].returned.startswith("决战园区：")
    assert [(d.done, d.light(late), d.returned) for d in whole] == [(2, Light.LATE, "")]
