"""Vetoes, yellow cards and misconduct: who proposes, who confirms, what falls away and comes back.

No number ever moves by them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bonuses.actions import vetoes
from bonuses.actions.vetoes import VetoDraft
from bonuses.models import Finding, Tally, Veto, VetoField
from office.refusal import Refused
from scoring.queries import standing_of
from tests.bonuses.papers import equip, paper, scan
from tests.cast import Cast
from units.models import Reading
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


def proposed(
    year: Cast, unit: str = "青山乡", by: str = "office1", level: str = "否决", field: str = "信访"
) -> Veto:
    return vetoes.propose_veto(
        by=year.hat(by),
        cycle=year.cycle,
        unit=year.units[unit],
        veto=VetoDraft(field=field, level=level, deciding_body="市综治委", on=date(2012, 9, 1)),
        paper=paper("市综治〔2012〕5号", "市综治委"),
        file=scan(year, "否决", by),
    )


def confirmed(year: Cast, **more: Any) -> Veto:
    row = proposed(year, **more)
    return vetoes.confirm_veto(by=year.hat("leader1"), cycle=year.cycle, veto_id=row.pk, version=row.version)


def barred(year: Cast) -> set[str]:
    return {
        str(t.membership.block) for t in Tally.objects.filter(is_barred=True, membership__unit__name="青山乡")
    }


def code_of(act: Any, **kwargs: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    return caught.value.code


def test_a_confirmed_veto_takes_eligibility_and_no_number(year: Cast) -> None:
    year.score("青山乡", "决战园区", "90")
    before = [(r.unit, r.rank, r.final) for r in standing_of(year.blocks["乡镇口"]).rows]

    confirmed(year)

    rows = standing_of(year.blocks["乡镇口"]).rows
    assert [(r.unit, r.rank, r.final) for r in rows] == before
    assert {r.unit: r.eligible for r in rows} == {"青山乡": False, "白水乡": True, "东河镇": True}
    assert barred(year) == {"乡镇口", "招商引资"}  # single awards too (R6)


def test_a_proposed_veto_and_a_yellow_card_bar_nobody(year: Cast) -> None:
    proposed(year, field="安全生产")
    confirmed(year, level="黄牌警告")

    assert barred(year) == set()


def test_another_leader_lifts_it_with_a_reason_and_eligibility_returns(year: Cast) -> None:
    row = confirmed(year)
    act: dict[str, Any] = {"cycle": year.cycle, "veto_id": row.pk}

    without = code_of(vetoes.lift_veto, by=year.hat("leader2"), reason=" ", **act)
    same = code_of(vetoes.lift_veto, by=year.hat("leader1"), reason="已整改", **act)
    vetoes.lift_veto(by=year.hat("leader2"), reason="已整改", **act)

    assert (without, same) == ("no-reason", "same-person")
    assert barred(year) == set()


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("lead_市信访局", True),
        ("office1", True),
        ("official_青山乡", False),
        ("leader1", False),
        ("reviewer1", False),
    ],
)
def test_the_office_and_the_lead_of_the_field_propose(year: Cast, who: str, allowed: bool) -> None:
    if allowed:
        assert proposed(year, by=who).state == "proposed"
    else:
        scan(year, "否决", who)
        assert code_of(proposed, year=year, by=who) == "not-permitted"


def test_a_lead_proposes_in_its_own_field_only_and_never_for_itself(year: Cast) -> None:
    assert code_of(proposed, year=year, by="lead_市信访局", field="人口和计划生育") == "not-found"
    assert code_of(proposed, year=year, by="lead_市信访局", unit="市信访局") == "own-unit"


@pytest.mark.parametrize("who", ["office2", "official_青山乡", "mayor", "auditor"])
def test_only_the_leading_group_confirms(year: Cast, who: str) -> None:
    row = proposed(year)

    assert code_of(vetoes.confirm_veto, by=year.hat(who), cycle=year.cycle, veto_id=row.pk) == "not-permitted"


def test_a_rejected_veto_can_be_proposed_anew(year: Cast) -> None:
    row = proposed(year)
    twice = code_of(proposed, year=year)

    vetoes.reject_veto(by=year.hat("leader1"), cycle=year.cycle, veto_id=row.pk, reason="证据不足")

    assert twice == "already-proposed"
    assert proposed(year).state == "proposed"


def test_a_veto_confirmed_after_hand_over_is_refused(year: Cast) -> None:
    row = proposed(year)
    year.at(Stage.APPROVAL)

    assert (
        code_of(vetoes.confirm_veto, by=year.hat("leader1"), cycle=year.cycle, veto_id=row.pk)
        == "stage-closed"
    )


@pytest.mark.parametrize(("choice", "codes"), [("two-years", True), ("comprehensive-and-single", False)])
def test_a_veto_of_last_year_reaches_as_far_as_the_reading_says(year: Cast, choice: str, codes: bool) -> None:
    confirmed(year)
    Reading.objects.create(cycle=year.cycle, code="R6", choice=choice)
    year.cycle.year = 2011
    year.cycle.save()
    from units.models import Block, Cycle, Membership

    later = Cycle.objects.create(code="2012-b", name="x", year=2012, host=year.cycle.host, stage="monitoring")
    Reading.objects.create(cycle=later, code="R6", choice=choice)
    block = Block.objects.create(cycle=later, name="乡镇口", kind="综合")
    member = Membership.objects.create(block=block, unit=year.units["青山乡"])

    assert Tally.objects.filter(membership=member, is_barred=True).exists() is codes


def test_the_effect_of_a_field_is_data(year: Cast) -> None:
    VetoField.objects.create(cycle=year.cycle, name="信访", bars_comprehensive=False, bars_single=False)

    confirmed(year)

    assert barred(year) == set()


def test_misconduct_is_found_by_one_and_confirmed_by_another_of_the_leading_group(year: Cast) -> None:
    row = vetoes.propose_finding(
        by=year.hat("leader1"),
        cycle=year.cycle,
        unit=year.units["青山乡"],
        what="虚报招商数据",
        responsibility="主要负责人作出检查",
        on=date(2012, 11, 1),
    )
    same = code_of(vetoes.confirm_finding, by=year.hat("leader1"), cycle=year.cycle, finding_id=row.pk)
    office = code_of(vetoes.confirm_finding, by=year.hat("office1"), cycle=year.cycle, finding_id=row.pk)

    vetoes.confirm_finding(by=year.hat("leader2"), cycle=year.cycle, finding_id=row.pk)

    assert (same, office) == ("same-person", "not-permitted")
    assert Finding.objects.get().state == "confirmed"
    assert "乡镇口" in barred(year)


@pytest.mark.parametrize(("what", "responsibility"), [("", "x"), ("x", " ")])
def test_misconduct_says_what_and_who_answers_for_it(year: Cast, what: str, responsibility: str) -> None:
    values = {"what": what, "responsibility": responsibility, "on": date(2012, 11, 1)}

    assert (
        code_of(
            vetoes.propose_finding,
            by=year.hat("office1"),
            cycle=year.cycle,
            unit=year.units["青山乡"],
            **values,
        )
        == "incomplete"
    )
