"""Two persons at once over papers: verifiers, a verification and the stage, a claim sent twice, a double click."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.test import Client

from bonuses.actions import adjustments, vetoes
from bonuses.claims import Claim
from bonuses.models import Adjustment, AdjustmentState, Document, Tally
from office.models import AuditEntry
from tests.bonuses.papers import claim, equip, paper, scan
from tests.cast import Cast
from tests.pages.reading import YEAR, signed_in
from tests.races import PATIENCE, meet_in, race, refusals
from units.actions import cycle as years
from units.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


@pytest.fixture
def row(year: Cast) -> Adjustment:
    """Claimed by the unit itself, so that any two of the office may decide."""
    return claim(year, by="official_青山乡")


def verify(cast: Cast, row: Adjustment, by: str) -> Any:
    return lambda: adjustments.verify(
        by=cast.hat(by), cycle=cast.cycle, adjustment_id=row.pk, version=row.version
    )


def entries(act: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(act=act).order_by("number"))


def test_of_two_verifiers_at_once_one_is_told_the_other_was_first(
    year: Cast, row: Adjustment, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_in(monkeypatch, adjustments, "mark")

    results = race(verify(year, row, "office1"), verify(year, row, "office2"))

    row.refresh_from_db()
    assert refusals(results) == ["already-decided"]
    assert len(entries("adjustment.verified")) == 1
    assert (row.state, row.version) == (AdjustmentState.VERIFIED, 2)
    assert Tally.objects.get(membership=row.membership).commendations == 20


def test_verified_and_rejected_at_once_only_one_holds(
    year: Cast, row: Adjustment, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_in(monkeypatch, adjustments, "mark")

    def reject() -> Any:
        return adjustments.reject(
            by=year.hat("office2"),
            cycle=year.cycle,
            adjustment_id=row.pk,
            version=row.version,
            reason="原件模糊",
        )

    results = race(verify(year, row, "office1"), reject)

    row.refresh_from_db()
    counted = Tally.objects.filter(membership=row.membership, commendations=20).exists()
    assert len(refusals(results)) == 1
    assert (row.state == AdjustmentState.VERIFIED) == counted
    assert len(entries("adjustment.verified")) + len(entries("adjustment.rejected")) == 1


def test_many_verified_twice_at_once_count_once_each(year: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        claim(year, unit, by="lead_市信访局" if unit == "东河镇" else "office1", number=f"省府〔2012〕{n}号")
        for n, unit in enumerate(("青山乡", "白水乡"), 1)
    ]
    meet_in(monkeypatch, adjustments, "mark")
    versions = {row.pk: row.version for row in rows}

    def many() -> Any:
        return adjustments.verify_many(by=year.hat("office2"), cycle=year.cycle, versions=versions)

    results = race(many, many)

    assert sorted(len(one.done) for one in results) == [0, 2]
    assert sorted(row.version for row in Adjustment.objects.all()) == [2, 2]


def test_a_verification_and_the_stage_do_not_cross(
    year: Cast, row: Adjustment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever of the two is first: nothing is verified after the stage that allows it has gone."""
    year.at(Stage.MONITORING)
    in_the_middle, gone = threading.Event(), threading.Event()
    real = adjustments.mark

    def mark(*args: Any, **kwargs: Any) -> None:
        in_the_middle.set()
        gone.wait(timeout=PATIENCE)
        real(*args, **kwargs)

    monkeypatch.setattr(adjustments, "mark", mark)

    def move_back() -> Any:
        in_the_middle.wait(timeout=10)
        done = years.move_back(
            by=year.hat("office2"), cycle=year.cycle, stage=Stage.COMMITMENT, reason="承诺书漏报"
        )
        gone.set()
        return done

    verified, _moved = race(verify(year, row, "office1"), move_back)

    year.cycle.refresh_from_db()
    row.refresh_from_db()
    assert year.cycle.stage == Stage.COMMITMENT
    acts = [entry.act for entry in AuditEntry.objects.order_by("number")]
    assert isinstance(verified, Adjustment)
    assert row.state == AdjustmentState.VERIFIED
    assert acts.index("adjustment.verified") < acts.index("cycle.moved-back")


def test_a_verification_after_the_stage_has_gone_is_refused(
    year: Cast, row: Adjustment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mover is in the middle when the verifier comes: he waits, and then hears that the stage is over."""
    year.at(Stage.MONITORING)
    in_the_middle, came = threading.Event(), threading.Event()
    real = years._set_stage

    def set_stage(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        in_the_middle.set()
        came.wait(timeout=PATIENCE)

    monkeypatch.setattr(years, "_set_stage", set_stage)

    def move_back() -> Any:
        return years.move_back(
            by=year.hat("office2"), cycle=year.cycle, stage=Stage.COMMITMENT, reason="承诺书漏报"
        )

    def late() -> Any:
        in_the_middle.wait(timeout=10)
        try:
            return verify(year, row, "office1")()
        finally:
            came.set()

    _moved, verified = race(move_back, late)

    row.refresh_from_db()
    assert refusals([verified]) == ["stage-closed"]
    assert row.state == AdjustmentState.PROPOSED


def test_one_paper_claimed_twice_at_once_is_one_claim(year: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = scan(year)
    meet_in(monkeypatch, adjustments, "keep_document")

    def propose(by: str) -> Any:
        return lambda: adjustments.propose(
            by=year.hat(by),
            cycle=year.cycle,
            units=[year.units["青山乡"]],
            claim=Claim(kind="表彰"),
            paper=paper(),
            file=stored,
        )

    results = race(propose("office1"), propose("office2"))

    assert len(refusals(results)) == 1
    assert (Adjustment.objects.count(), Document.objects.count()) == (1, 1)


def test_a_double_click_verifies_once_and_says_so(
    year: Cast, row: Adjustment, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_in(monkeypatch, adjustments, "mark")
    first = signed_in(year.people["office1"])
    address = f"{YEAR}adjustments/{row.pk}/verify/"

    def click() -> Any:
        client = Client()
        client.cookies = first.cookies
        return client.post(address, {"version": row.version})

    answers = sorted(answer.status_code for answer in race(click, click))

    assert answers == [302, 409]
    assert len(entries("adjustment.verified")) == 1
    assert Tally.objects.get(membership=row.membership).commendations == 20


def test_the_amount_is_never_read_from_the_request(year: Cast, row: Adjustment) -> None:
    office = signed_in(year.people["office1"])
    forged = {"points": "50", "level": "国家部委及中直部门", "kind": "奖励加分", "listed": "10", "unit": "1"}

    office.post(f"{YEAR}adjustments/{row.pk}/verify/", {"version": row.version, **forged})

    row.refresh_from_db()
    tally = Tally.objects.get(membership=row.membership)
    assert (row.state, row.kind, row.level) == ("verified", "表彰", "省委省政府")
    assert (tally.commendations, tally.rewards) == (20, 0)


def test_a_veto_confirmed_by_two_at_once_is_confirmed_by_one(
    year: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    veto = vetoes.propose_veto(
        by=year.hat("office1"),
        cycle=year.cycle,
        unit=year.units["青山乡"],
        veto=vetoes.VetoDraft(field="安全生产", level="否决", deciding_body="市安委会", on=paper().on),
        paper=paper("市安〔2012〕9号", "市人民政府"),
        file=scan(year),
    )
    meet_in(monkeypatch, vetoes, "recount")

    def confirm(by: str) -> Any:
        return lambda: vetoes.confirm_veto(
            by=year.hat(by), cycle=year.cycle, veto_id=veto.pk, version=veto.version
        )

    results = race(confirm("leader1"), confirm("leader2"))

    assert len(refusals(results)) == 1
    assert len(entries("veto.confirmed")) == 1
