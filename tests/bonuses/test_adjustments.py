"""Claims and decisions: who, when, on what paper; what counts, what is refused and what moves.

The arithmetic is tested in test_policy.py, pages in tests/pages/test_papers.py.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bonuses import queries
from bonuses.actions import adjustments, documents
from bonuses.claims import Claim
from bonuses.models import Adjustment, Document, DocumentKind, Pool, Tally, TariffLine
from office.models import AuditEntry
from office.refusal import Refused
from scoring.queries import standing_of
from tests.bonuses.papers import claim, equip, paper, pdf, png, scan, verified
from tests.cast import Cast
from units.models import Conflict, Reading
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


def tally(cast: Cast, unit: str = "青山乡", block: str = "乡镇口") -> tuple[Any, Any, Any, bool]:
    found = Tally.objects.filter(membership__unit__name=unit, membership__block__name=block).first()
    return (
        (found.commendations, found.criticisms, found.rewards, found.is_barred) if found else (0, 0, 0, False)
    )


def refusal(act: Any, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value


# What counts --------------------------------------------------------------------------------------


def test_a_verified_paper_moves_the_place_at_once_and_a_proposed_one_does_not(year: Cast) -> None:
    year.score("青山乡", "决战园区", "90")
    year.score("白水乡", "决战园区", "91")
    row = claim(year)
    before = {r.unit: r.rank for r in standing_of(year.blocks["乡镇口"]).rows}

    adjustments.verify(by=year.hat("office2"), cycle=year.cycle, adjustment_id=row.pk, version=row.version)

    after = {r.unit: (r.rank, r.commendations) for r in standing_of(year.blocks["乡镇口"]).rows}
    assert (before["青山乡"], before["白水乡"]) == (2, 1)
    assert (after["青山乡"], after["白水乡"]) == ((1, 2000), (2, 0))


def test_the_sum_stops_at_the_cap_and_takes_criticisms_and_rewards(year: Cast) -> None:
    verified(year, issuer="国务院办公厅", number="国办〔2012〕1号")
    verified(year, issuer="省委", number="省发〔2012〕2号")
    verified(year, issuer="省农业厅", number="省农〔2012〕3号")
    verified(year, kind="通报批评", issuer="市委", number="市发〔2012〕4号")
    pool = Pool.objects.get(name="创建卫生城市")
    verified(
        year,
        kind="奖励加分",
        issuer="创建卫生城市领导小组",
        number="创卫〔2012〕5号",
        pool=pool,
        listed=Decimal("12.5"),
    )

    assert tally(year) == (50, 5, 10, False)


def test_tracks_get_no_general_additions(year: Cast) -> None:
    verified(year)

    assert tally(year, block="招商引资") == (0, 0, 0, False)


def test_tracks_join_when_the_reading_says_so(year: Cast) -> None:
    verified(year)

    Reading.objects.create(cycle=year.cycle, code="R10", choice="joined")

    assert tally(year, block="招商引资") == (20, 0, 0, False)


def test_changing_the_tariff_changes_every_tally(year: Cast) -> None:
    verified(year)
    line = TariffLine.objects.get(kind="表彰", level="省委省政府")

    line.points = Decimal(18)
    line.save()

    assert tally(year)[0] == 18


def test_a_criticism_list_names_several_units_each_in_full(year: Cast) -> None:
    rows = [claim(year, "青山乡", "白水乡", kind="通报批评", issuer="设区市委", number="市通〔2012〕7号")]
    rows = list(Adjustment.objects.all())

    adjustments.verify_many(
        by=year.hat("office2"), cycle=year.cycle, versions={r.pk: r.version for r in rows}
    )

    assert Document.objects.count() == 1
    assert (tally(year)[1], tally(year, "白水乡")[1], tally(year, "东河镇")[1]) == (20, 20, 0)


def test_an_original_signed_by_a_leader_counts_as_the_city(year: Cast) -> None:
    draft = paper(
        kind=DocumentKind.SIGNED, number="", issuer="", leader="林市长", words="通报批评", title="林市长批示"
    )

    row = verified(year, kind="通报批评", paper_=draft)

    assert (row.level, tally(year)[1]) == ("本市", 5)


def test_carried_over_counts_with_its_proof(year: Cast) -> None:
    draft = paper(on=date(2011, 12, 20))

    verified(year, paper_=draft, carried_over=True, proof="2011年加减分清单未列入")

    assert tally(year)[0] == 20


# One matter ---------------------------------------------------------------------------------------


def test_ticked_as_one_matter_the_highest_counts_and_taken_out_both(year: Cast) -> None:
    one = verified(year, kind="通报批评", issuer="省委", number="省通〔2012〕1号")
    two = verified(year, kind="通报批评", issuer="市委", number="市通〔2012〕2号")
    before = tally(year)[1]

    adjustments.put_into_matter(
        by=year.hat("office1"), cycle=year.cycle, adjustment_ids=[one.pk, two.pk], title="非法采矿"
    )
    joined = tally(year)[1]
    adjustments.take_out_of_matter(by=year.hat("office1"), cycle=year.cycle, adjustment_ids=[two.pk])

    assert (before, joined, tally(year)[1]) == (35, 30, 35)


def test_praise_and_blame_are_never_one_matter(year: Cast) -> None:
    one = verified(year)
    two = verified(year, kind="通报批评", issuer="市委", number="市通〔2012〕2号")

    said = refusal(
        adjustments.put_into_matter,
        by=year.hat("office1"),
        cycle=year.cycle,
        adjustment_ids=[one.pk, two.pk],
        title="x",
    )

    assert said.code == "mixed-matter"


# Refusals of a claim ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"issuer": "省"}, "unclear-issuer"),
        ({"issuer": "省农业庭"}, "unknown-issuer"),
        ({"listed": Decimal(30)}, "points-by-hand"),
        ({"level": "国家部委及中直部门"}, "level-disagrees"),
        ({"kind": "前三名", "issuer": "设区市农业局"}, "no-rank"),
        ({"kind": "前三名", "issuer": "设区市农业局", "rank": 4}, "no-rank"),
        ({"kind": "前三名", "rank": 1}, "not-prefecture-department"),
        ({"paper_": paper(on=date(2013, 1, 4))}, "date-outside"),
        ({"paper_": paper(on=date(2011, 1, 4))}, "date-outside"),
        ({"paper_": paper(on=date(2011, 1, 4)), "carried_over": True}, "no-proof"),
        ({"carried_over": True, "proof": "x"}, "no-carry-over"),
        ({"paper_": paper(on=date(2010, 1, 4)), "carried_over": True, "proof": "x"}, "no-carry-over"),
        ({"kind": "通报批评", "carried_over": True, "proof": "x"}, "no-carry-over"),
        ({"paper_": paper(title="")}, "no-title"),
        ({"paper_": paper(number="")}, "no-number"),
        ({"paper_": paper(on=None)}, "no-date"),
        ({"paper_": paper(kind=DocumentKind.SIGNED, leader="")}, "no-leader"),
        ({"kind": "奖励加分"}, "no-pool"),
        ({"kind": "别的"}, "unknown-kind"),
    ],
)
def test_a_claim_that_the_rules_do_not_know_is_refused(year: Cast, more: dict[str, Any], code: str) -> None:
    assert refusal(claim, year, **more).code == code
    assert not Adjustment.objects.exists()
    assert not Document.objects.exists()


def test_an_unknown_issuer_is_told_the_nearest_three(year: Cast) -> None:
    assert "省农业厅" in refusal(claim, year, issuer="省农业庭").sentence


def test_no_points_without_the_file(year: Cast) -> None:
    said = refusal(
        adjustments.propose,
        by=year.hat("office1"),
        cycle=year.cycle,
        units=[year.units["青山乡"]],
        claim=Claim(kind="表彰"),
        paper=paper(),
        file=None,
    )

    assert said.code == "no-file"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"MZ\x90\x00 a program", "wrong-type"),
        (b"<html><script>alert(1)</script>", "wrong-type"),
        (b"%PDF-1.7 cut off", "paper-unreadable"),
        (png("x")[:-20], "paper-unreadable"),
        (pdf(extra=b"3 0 obj<</S/JavaScript/JS(app.alert())>>endobj"), "paper-active"),
        (pdf(extra=b"<</Encrypt 9 0 R>>"), "paper-locked"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_by_its_content(year: Cast, content: bytes, code: str) -> None:
    assert refusal(documents.keep_file, [content], "批文.pdf", year.hat("office1")).code == code


def test_reward_points_of_a_unit_in_tracks_only_are_refused(year: Cast) -> None:
    pool = Pool.objects.get(name="创建卫生城市")

    assert refusal(claim, year, "工口", kind="奖励加分", pool=pool, listed=Decimal(5)).code == "track-only"


def test_one_paper_counts_once_for_a_unit_naming_the_first(year: Cast) -> None:
    claim(year)

    said = refusal(
        claim,
        year,
        by="official_青山乡",
        number=" 省府[2012]1号".replace("[", "〔").replace("]", "〕"),
        scope="单项",
    )

    assert said.code == "already-counted"
    assert "office1" in said.sentence


def test_the_same_paper_counts_not_again_in_a_later_year(year: Cast) -> None:
    claim(year)
    Adjustment.objects.update(state="verified")
    year.cycle.code, year.cycle.year = "2013", 2013
    year.cycle.save()

    said = refusal(claim, year, paper_=paper(), carried_over=True, proof="x")

    assert said.code == "already-counted"


def test_the_same_bytes_under_another_number_are_refused(year: Cast) -> None:
    claim(year)
    same = scan(year, "省府〔2012〕1号")

    assert refusal(claim, year, "白水乡", number="省府〔2012〕9号", file=same).code == "file-of-another-paper"


def test_a_commendation_that_another_unit_claims_is_held_until_the_office_confirms(year: Cast) -> None:
    claim(year, "白水乡", by="official_白水乡")
    held = claim(year, by="official_青山乡")
    office = year.hat("office1")

    said = refusal(adjustments.verify, by=office, cycle=year.cycle, adjustment_id=held.pk)
    adjustments.confirm_named(by=office, cycle=year.cycle, adjustment_id=held.pk)
    adjustments.verify(by=office, cycle=year.cycle, adjustment_id=held.pk)

    assert said.code == "held"
    assert tally(year)[0] == 20


def test_a_criticism_without_tariff_is_held_as_a_question(year: Cast) -> None:
    row = claim(year, kind="通报批评", issuer="国务院办公厅")

    said = refusal(adjustments.verify, by=year.hat("office2"), cycle=year.cycle, adjustment_id=row.pk)

    assert said.code == "no-tariff"
    assert queries.untariffed(year.cycle) == [row]


# Who decides, and when ----------------------------------------------------------------------------


def test_nobody_verifies_what_he_entered(year: Cast) -> None:
    row = claim(year)

    assert (
        refusal(adjustments.verify, by=year.hat("office1"), cycle=year.cycle, adjustment_id=row.pk).code
        == "same-person"
    )


def test_nobody_verifies_for_a_unit_he_is_tied_to(year: Cast) -> None:
    row = claim(year)
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office2"], unit=year.units["青山乡"], reason="x"
    )

    assert (
        refusal(adjustments.verify, by=year.hat("office2"), cycle=year.cycle, adjustment_id=row.pk).code
        == "own-unit"
    )


def test_the_second_of_two_verifiers_hears_who_was_first(year: Cast) -> None:
    row = claim(year, by="official_青山乡")
    adjustments.verify(by=year.hat("office1"), cycle=year.cycle, adjustment_id=row.pk, version=row.version)

    said = refusal(
        adjustments.verify,
        by=year.hat("office2"),
        cycle=year.cycle,
        adjustment_id=row.pk,
        version=row.version,
    )

    assert said.code == "already-decided"
    assert "office1" in said.sentence


def test_what_was_changed_meanwhile_is_not_verified_unseen(year: Cast) -> None:
    row = claim(year, kind="通报批评", issuer="市委")
    adjustments.put_into_matter(
        by=year.hat("office1"), cycle=year.cycle, adjustment_ids=[row.pk], title="采矿"
    )

    said = refusal(
        adjustments.verify,
        by=year.hat("office2"),
        cycle=year.cycle,
        adjustment_id=row.pk,
        version=row.version,
    )

    assert said.code == "changed-meanwhile"


def test_verification_after_the_stage_moved_on_is_refused(year: Cast) -> None:
    row = claim(year)
    year.at(Stage.APPROVAL)

    assert (
        refusal(adjustments.verify, by=year.hat("office2"), cycle=year.cycle, adjustment_id=row.pk).code
        == "stage-closed"
    )


def test_a_rejection_needs_a_reason_and_frees_the_paper(year: Cast) -> None:
    row = claim(year)
    office = year.hat("office2")

    said = refusal(adjustments.reject, by=office, cycle=year.cycle, adjustment_id=row.pk, reason=" ")
    adjustments.reject(by=office, cycle=year.cycle, adjustment_id=row.pk, reason="批文未盖章")
    again = claim(year)

    assert (said.code, again.state) == ("no-reason", "proposed")


def test_a_verified_paper_found_wrong_is_rejected_by_a_third_person_and_the_place_returns(year: Cast) -> None:
    row = verified(year, by="official_青山乡", second="office1")

    said = refusal(
        adjustments.reject, by=year.hat("office1"), cycle=year.cycle, adjustment_id=row.pk, reason="伪造"
    )
    adjustments.reject(by=year.hat("office2"), cycle=year.cycle, adjustment_id=row.pk, reason="伪造")

    assert said.code == "same-person"
    assert tally(year)[0] == 0


def test_many_are_verified_at_once_with_exceptions_left_and_named(year: Cast) -> None:
    good = claim(year, by="official_青山乡")
    own = claim(year, "白水乡", by="office2", number="省府〔2012〕2号")

    done = adjustments.verify_many(
        by=year.hat("office2"), cycle=year.cycle, versions={good.pk: good.version, own.pk: own.version}
    )

    assert [r.pk for r in done.done] == [good.pk]
    assert [(r.pk, why.code) for r, why in done.left] == [(own.pk, "same-person")]
    assert tally(year)[0] == 20


@pytest.mark.parametrize(
    ("who", "unit", "code"),
    [
        ("official_青山乡", "白水乡", "not-found"),
        ("principal_青山乡", "白水乡", "not-found"),
        ("lead_市信访局", "市信访局", "own-unit"),
        ("reviewer1", "青山乡", "not-permitted"),
        ("leader1", "青山乡", "not-permitted"),
        ("auditor", "青山乡", "not-permitted"),
        ("archive", "青山乡", "not-permitted"),
    ],
)
def test_others_may_not_claim(year: Cast, who: str, unit: str, code: str) -> None:
    stored = scan(year)

    assert refusal(claim, year, unit, by=who, file=stored).code == code


@pytest.mark.parametrize("who", ["official_青山乡", "principal_青山乡", "lead_市信访局", "office1"])
def test_a_unit_its_lead_and_the_office_may_claim(year: Cast, who: str) -> None:
    assert claim(year, by=who).state == "proposed"


@pytest.mark.parametrize(
    "who", ["official_青山乡", "lead_市信访局", "reviewer1", "leader1", "mayor", "sysadmin"]
)
def test_only_the_office_verifies(year: Cast, who: str) -> None:
    row = claim(year)

    assert refusal(adjustments.verify, by=year.hat(who), cycle=year.cycle, adjustment_id=row.pk).status == 403


def test_a_unit_claims_no_reward_points(year: Cast) -> None:
    pool = Pool.objects.get(name="创建卫生城市")

    assert (
        refusal(claim, year, by="official_青山乡", kind="奖励加分", pool=pool, listed=Decimal(5)).code
        == "reward-by-list"
    )


def test_a_claim_can_be_taken_back_by_its_unit_only(year: Cast) -> None:
    row = claim(year, by="official_青山乡")

    said = refusal(
        adjustments.withdraw,
        by=year.hat("official_白水乡"),
        cycle=year.cycle,
        adjustment_id=row.pk,
        reason="x",
    )
    adjustments.withdraw(
        by=year.hat("principal_青山乡"), cycle=year.cycle, adjustment_id=row.pk, reason="重复"
    )

    row.refresh_from_db()
    assert (said.status, row.state) == (404, "withdrawn")


def test_every_act_is_in_the_log(year: Cast) -> None:
    row = verified(year)
    adjustments.put_into_matter(by=year.hat("office1"), cycle=year.cycle, adjustment_ids=[row.pk], title="x")
    documents.mark_original_seen(
        by=year.hat("office1"), cycle=year.cycle, document_id=row.document_id, box_number="3-7"
    )
    documents.add_issuer(by=year.hat("office1"), cycle=year.cycle, name="省水利厅", level="省直部门")

    acts = list(AuditEntry.objects.order_by("number").values_list("act", flat=True))

    assert acts == [
        "adjustment.proposed",
        "adjustment.verified",
        "matter.joined",
        "paper.original-seen",
        "issuer.added",
    ]
