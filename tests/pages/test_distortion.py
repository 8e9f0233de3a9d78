"""The page of distortion: findings within one's sight, dismissed with a reason or seen in bulk, open when figures move.

What is a finding is tested in tests/scoring/test_distortion.py.
"""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office.models import AuditEntry
from scoring import distortion_facts
from scoring.distortion import Kind
from scoring.models import (
    Dismissal,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerVersion,
    ReturnLine,
    ScoreKind,
    VersionState,
)
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, grow, words_of
from units.models import Conflict

pytestmark = pytest.mark.django_db
PAGE = "/years/2012/distortion/"


def gap(cast: Cast, unit: str = "青山乡", lead: str = "300") -> str:
    """信访 of the unit: self 398, lead 300 of 400; its key."""
    cast.score(unit, "信访", "398", ScoreKind.SELF)
    cast.score(unit, "信访", lead, ScoreKind.LEAD)
    return f"self-above-lead:{cast.cell(unit, '信访').pk}"


def standing(cast: Cast, kind: LedgerKind, body_name: str, period: str) -> LedgerVersion:
    """A ledger or return that stands, without lines."""
    ledger = Ledger.objects.create(cycle=cast.cycle, kind=kind, body=cast.units[body_name], period=period)
    version = LedgerVersion.objects.create(
        ledger=ledger,
        number=1,
        state=VersionState.STANDING,
        by=cast.people["office1"],
        at=timezone.now(),
    )
    ledger.current = version
    ledger.save()
    return version


def test_findings_stand_with_their_figures_worst_first(cast: Cast, signed_in: SignedIn) -> None:
    gap(cast, "白水乡", "350")
    gap(cast, "青山乡", "300")

    words = words_of(signed_in("office1").get(PAGE))

    assert "自评398，责任单位测评300，高出98（基础分400）" in words
    assert words.index("青山乡 · 信访") < words.index("白水乡 · 信访")


def test_self_above_what_the_ledgers_leave_is_found(cast: Cast) -> None:
    cast.score("青山乡", "信访", "398", ScoreKind.SELF)
    version = standing(cast, LedgerKind.LEDGER, "市信访局", "Q1")
    LedgerLine.objects.create(
        version=version,
        membership=cast.cell("青山乡", "信访").membership,
        sub_item=cast.subs["乡镇口", "信访"],
        points=Decimal(60),
        reason="积案未化解",
    )

    (one,) = distortion_facts.find(cast.cycle)

    # 400 − 60 = 340 stands in the ledgers; 58 above of 400 = 145 per mille
    assert (one.kind, one.severity) == (Kind.SELF_ABOVE_LEDGER, 145)
    assert one.facts["other"] == "340"


def test_a_ledgers_figure_above_the_returns_and_a_late_jump_are_found(cast: Cast) -> None:
    for quarter, value in enumerate(("10", "10", "10", "40"), 1):
        version = standing(cast, LedgerKind.RETURNS, "市档案局", f"2012-Q{quarter}")
        ReturnLine.objects.create(
            version=version, unit=cast.units["青山乡"], figure="引资", value=Decimal(value), measure="万元"
        )
    LedgerLine.objects.create(
        version=standing(cast, LedgerKind.LEDGER, "市信访局", "Q4"),
        membership=cast.cell("青山乡", "信访").membership,
        sub_item=cast.subs["乡镇口", "信访"],
        points=Decimal(0),
        figure="引资",
        measure="万元",
        done_total=Decimal(84),
    )

    found = {one.kind: one for one in distortion_facts.find(cast.cycle)}

    # 84 claimed, 10 + 10 + 10 + 40 = 70 returned; 40 is four times the mean of 10
    assert found[Kind.CLAIM_ABOVE_RETURNS].severity == 200
    assert found[Kind.LATE_JUMP].severity == 4000


def test_one_is_dismissed_with_a_reason_and_open_again_when_its_figures_move(
    cast: Cast, signed_in: SignedIn
) -> None:
    key = gap(cast)
    client = signed_in("office1")
    client.post(f"{PAGE}dismiss/", {"key": key, "reason": "台账迟报，已核实"})
    hidden = words_of(client.get(PAGE))
    kept = words_of(client.get(f"{PAGE}?state=dismissed"))

    cast.score("青山乡", "信访", "299", ScoreKind.LEAD)

    again = words_of(client.get(PAGE))
    assert "青山乡 · 信访" not in hidden
    assert "台账迟报，已核实" in kept
    assert "青山乡 · 信访" in again
    assert "核过之后数字又变动" in again


def test_after_an_act_the_list_is_filtered_as_before(cast: Cast, signed_in: SignedIn) -> None:
    key = gap(cast)
    client = signed_in("office1")
    page = body(client.get(f"{PAGE}?block=乡镇口"))

    answer = client.post(f"{PAGE}dismiss/", {"key": key, "reason": "已核实", "block": "乡镇口"})

    assert '<input type="hidden" name="block" value="乡镇口">' in page
    assert "<option selected>乡镇口</option>" in page
    assert unquote(answer["Location"]) == f"{PAGE}?block=乡镇口"


def test_a_dismissal_needs_a_reason_and_keeps_what_was_typed(cast: Cast, signed_in: SignedIn) -> None:
    key = gap(cast)

    answer = signed_in("office1").post(f"{PAGE}dismiss/", {"key": key, "reason": " "})

    assert answer.status_code == 422
    assert not Dismissal.objects.exists()


def test_many_are_marked_as_seen_and_one_is_opened_again(cast: Cast, signed_in: SignedIn) -> None:
    keys = [gap(cast, unit) for unit in ("青山乡", "白水乡")]
    client = signed_in("leader1")

    client.post(f"{PAGE}seen/", {"keys": keys})
    seen = Dismissal.objects.filter(is_seen=True).count()
    client.post(f"{PAGE}open/", {"key": keys[0]})

    assert (seen, Dismissal.objects.count()) == (2, 1)
    assert AuditEntry.objects.filter(act="distortion.seen").count() == 1


def test_seen_does_not_overwrite_a_dismissal(cast: Cast, signed_in: SignedIn) -> None:
    key = gap(cast)
    client = signed_in("office1")
    client.post(f"{PAGE}dismiss/", {"key": key, "reason": "已核实"})

    client.post(f"{PAGE}seen/", {"keys": [key]})

    assert Dismissal.objects.get().reason == "已核实"


def test_a_reviewer_sees_and_dismisses_within_the_own_team_only(cast: Cast, signed_in: SignedIn) -> None:
    mine, other = gap(cast, "青山乡"), gap(cast, "白水乡")
    client = signed_in("reviewer1")

    words = words_of(client.get(PAGE))
    foreign = client.post(f"{PAGE}dismiss/", {"key": other, "reason": "x"})
    own = client.post(f"{PAGE}dismiss/", {"key": mine, "reason": "已核实"})

    assert "青山乡" in words
    assert "白水乡" not in words
    assert "白水乡" not in body(client.get("/years/2012/distortion/weights/"))
    assert (foreign.status_code, own.status_code) == (404, 302)


def test_nobody_dismisses_what_is_about_a_unit_he_is_tied_to(cast: Cast, signed_in: SignedIn) -> None:
    key = gap(cast)
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["青山乡"], reason="亲属"
    )
    client = signed_in("office1")

    answer = client.post(f"{PAGE}dismiss/", {"key": key, "reason": "无妨"})

    assert answer.status_code == 403
    assert f'value="{key}"' not in body(client.get(PAGE))


def test_a_finding_that_is_gone_is_not_dismissed(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    assert client.post(f"{PAGE}dismiss/", {"key": "self-above-lead:1", "reason": "x"}).status_code == 404
    assert client.post(f"{PAGE}burn/", {}).status_code == 404
    assert client.post(f"{PAGE}seen/", {}).status_code == 422
    assert client.get(f"{PAGE}seen/").status_code == 405


@pytest.mark.parametrize("who", ["official_青山乡", "lead_市信访局", "mayor"])
def test_units_leads_and_city_leaders_have_no_such_page(cast: Cast, signed_in: SignedIn, who: str) -> None:
    assert signed_in(who).get(PAGE).status_code == 403


def test_the_office_sets_the_limits_and_others_read_them(cast: Cast, signed_in: SignedIn) -> None:
    gap(cast)
    limits = {
        "above_ledger": "10",
        "above_lead": "30",
        "above_returns": "5",
        "jump": "200",
        "flat_full": "90",
        "flat_lead": "1",
    }

    denied = signed_in("leader1").post(f"{PAGE}limits/", limits)
    bad = signed_in("office1").post(f"{PAGE}limits/", limits | {"above_lead": "0"})
    signed_in("office1").post(f"{PAGE}limits/", limits)

    assert (denied.status_code, bad.status_code) == (403, 422)
    assert distortion_facts.find(cast.cycle) == []  # 98 of 400 is 24.5 %
    assert "30 %" in words_of(signed_in("auditor").get(f"{PAGE}limits/"))


def test_a_lead_that_scores_all_alike_stands_with_nominal_and_effective_weight(
    cast: Cast, signed_in: SignedIn
) -> None:
    grow(cast, 2)
    for row in cast.blocks["乡镇口"].memberships.select_related("unit"):
        cast.score(row.unit.name, "信访", "390", ScoreKind.LEAD)
        cast.score(row.unit.name, "决战园区", str(60 + row.unit.order % 30), ScoreKind.LEAD)
    client = signed_in("office1")

    words, weights = words_of(client.get(PAGE)), words_of(client.get(f"{PAGE}weights/"))

    # 400 × 400 ÷ 1000 = 160 by the plan, nothing by the scores
    assert "方案权重160.00分，实际只起0.00分的作用" in words
    assert "160.00 0.00" in weights


def test_both_tables_come_as_workbooks(cast: Cast, signed_in: SignedIn) -> None:
    gap(cast)

    for address in ("/years/2012/distortion.xlsx", f"{PAGE}weights.xlsx"):
        assert signed_in("office1").get(address).content[:2] == b"PK"


def test_thirty_findings_take_the_queries_of_one(cast: Cast, signed_in: SignedIn) -> None:
    gap(cast)
    client = signed_in("office1")
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    grow(cast, 30)
    for row in cast.blocks["乡镇口"].memberships.select_related("unit"):
        gap(cast, row.unit.name, str(200 + row.unit.order))

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(few) == len(many) <= 30
