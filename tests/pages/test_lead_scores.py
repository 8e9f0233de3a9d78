"""The lead's pages: its sub-items, one for all units in a grid, its own unit left to the office, “not involved” in bulk.

What a single score or proposal asks is tested in tests/scoring/test_scores.py.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scoring.models import (
    Cell,
    Involvement,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerVersion,
    Score,
    ScoreKind,
    VersionState,
)
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, grow, words_of
from units.models import Conflict
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"
LEAD = "lead_市信访局"


def grid(cast: Cast, sub: str = "信访", block: str = "乡镇口") -> str:
    return f"{YEAR}lead-scores/{cast.subs[block, sub].pk}/"


def typed(cast: Cast, *rows: tuple[str, str, str], ticked: tuple[str, ...] = ()) -> dict[str, str]:
    """(unit, points, reason) of 信访 as the grid sends them."""
    values: dict[str, str] = {}
    for unit, points, reason in rows:
        cell = cast.cell(unit, "信访")
        values |= {
            f"points-{cell.pk}": points,
            f"opinion-{cell.pk}": reason,
            f"version-{cell.pk}": str(cell.version),
        }
        if unit in ticked:
            values[f"not-{cell.pk}"] = "1"
    return values


def lead_scores(cast: Cast) -> dict[str, Decimal]:
    rows = Score.objects.filter(kind=ScoreKind.LEAD)
    return dict(rows.values_list("cell__membership__unit__name", "points"))


def test_a_lead_sees_its_sub_items_and_how_far_each_is(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "388", ScoreKind.LEAD)

    words = words_of(signed_in(LEAD).get(f"{YEAR}lead-scores/"))

    assert "信访 社会管理" in words
    assert "1 / 3" in words
    assert "安全" not in words.replace("安全管理员", "")


def test_a_whole_sub_item_is_scored_at_once(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(LEAD).post(
        grid(cast), typed(cast, ("青山乡", "388", "两件超期"), ("白水乡", "400", "")), follow=True
    )

    assert "已保存2项得分，提出基本不涉及0项" in words_of(answer)
    assert lead_scores(cast) == {"青山乡": Decimal(388), "白水乡": Decimal(400)}


def test_ticked_units_are_proposed_as_not_involved_in_the_same_go(cast: Cast, signed_in: SignedIn) -> None:
    rows = (("青山乡", "388", ""), ("白水乡", "", "无信访窗口"), ("东河镇", "", "无信访窗口"))

    signed_in(LEAD).post(grid(cast), typed(cast, *rows, ticked=("白水乡", "东河镇")))

    proposed = Cell.objects.filter(involvement=Involvement.PROPOSED)
    assert set(proposed.values_list("membership__unit__name", flat=True)) == {"白水乡", "东河镇"}
    assert lead_scores(cast) == {"青山乡": Decimal(388)}


def test_a_tick_without_a_reason_stores_nothing_at_all(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(LEAD).post(
        grid(cast), typed(cast, ("青山乡", "388", ""), ("白水乡", "", ""), ticked=("白水乡",))
    )

    assert answer.status_code == 422
    assert lead_scores(cast) == {}
    assert f'name="not-{cast.cell("白水乡", "信访").pk}" value="1" checked' in body(answer)
    assert 'value="388"' in body(answer)


def test_the_own_unit_is_left_to_the_office(cast: Cast, signed_in: SignedIn) -> None:
    own = cast.cell("市信访局", "业务", "党群口")
    lead, office = signed_in(LEAD), signed_in("office1")
    way = grid(cast, "业务", "党群口")

    mine = lead.get(way)
    lead.post(way, {f"points-{own.pk}": "1000", f"version-{own.pk}": "0"})
    after_lead = lead_scores(cast)
    theirs = office.get(f"{YEAR}lead-scores/")
    office.post(way, {f"points-{own.pk}": "950", f"version-{own.pk}": "0"})

    assert f"points-{own.pk}" not in body(mine)
    assert after_lead == {}
    assert "市信访局 · 业务" in words_of(theirs)
    assert lead_scores(cast) == {"市信访局": Decimal(950)}


def test_anothers_sub_item_is_not_there(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in(LEAD).get(grid(cast, "安全")).status_code == 404
    assert signed_in(LEAD).get(f"{YEAR}lead-scores/987654/").status_code == 404


def test_what_the_ledgers_suggest_fills_the_fields_and_stores_nothing(
    cast: Cast, signed_in: SignedIn
) -> None:
    ledger = Ledger.objects.create(
        cycle=cast.cycle, kind=LedgerKind.LEDGER, body=cast.units["市信访局"], period="Q1"
    )
    version = LedgerVersion.objects.create(
        ledger=ledger,
        number=1,
        state=VersionState.STANDING,
        by=cast.people["office1"],
        at=timezone.now(),
    )
    ledger.current = version
    ledger.save()
    LedgerLine.objects.create(
        version=version,
        membership=cast.cell("青山乡", "信访").membership,
        sub_item=cast.subs["乡镇口", "信访"],
        points=Decimal("12.5"),
        reason="越级上访一件",
    )
    client = signed_in(LEAD)

    plain, filled = client.get(grid(cast)), client.get(grid(cast) + "?fill=ledger")

    assert "387.50" in words_of(plain)
    assert "乡镇口 · 社会管理" in words_of(plain)
    assert 'value="387.5"' not in body(plain)
    assert 'value="387.5"' in body(filled)
    assert lead_scores(cast) == {}


def test_a_newer_value_is_shown_and_not_overwritten(cast: Cast, signed_in: SignedIn) -> None:
    mine = typed(cast, ("青山乡", "388", ""))
    signed_in("office1").post(grid(cast), typed(cast, ("青山乡", "370", "")))

    answer = signed_in(LEAD).post(grid(cast), mine)

    assert answer.status_code == 409
    assert "370" in words_of(answer)
    assert lead_scores(cast) == {"青山乡": Decimal(370)}


def test_after_its_stage_the_grid_is_read_only(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.ONSITE_REVIEW)
    client = signed_in(LEAD)

    assert "points-" not in body(client.get(grid(cast)))
    assert client.post(grid(cast), typed(cast, ("青山乡", "388", ""))).status_code == 409


def proposed(cast: Cast, *units: str, by: str = LEAD) -> list[int]:
    ids = [cast.cell(unit, "信访").pk for unit in units]
    Cell.objects.filter(pk__in=ids).update(
        involvement=Involvement.PROPOSED, involvement_reason="无此项工作", proposed_by=cast.people[by]
    )
    return ids


def test_a_second_person_confirms_many_at_once(cast: Cast, signed_in: SignedIn) -> None:
    ids = proposed(cast, "青山乡", "白水乡")

    answer = signed_in("office1").post(f"{YEAR}not-involved/", {"cells": ids, "act": "confirm"}, follow=True)

    assert "已确认2项" in words_of(answer)
    assert Cell.objects.filter(involvement=Involvement.CONFIRMED).count() == 2


def test_many_are_rejected_with_one_reason(cast: Cast, signed_in: SignedIn) -> None:
    ids = proposed(cast, "青山乡", "白水乡")
    client = signed_in("office1")

    bare = client.post(f"{YEAR}not-involved/", {"cells": ids, "act": "reject"})
    client.post(f"{YEAR}not-involved/", {"cells": ids, "act": "reject", "reason": "均有信访办"})

    assert bare.status_code == 422
    assert Cell.objects.filter(involvement=Involvement.REJECTED).count() == 2


def test_what_cannot_be_decided_is_left_out_by_name_and_the_rest_goes_through(
    cast: Cast, signed_in: SignedIn
) -> None:
    """The own proposal, a unit one is tied to, and one that was decided meanwhile."""
    ids = [*proposed(cast, "青山乡"), *proposed(cast, "白水乡", by="office1"), *proposed(cast, "东河镇")]
    meanwhile = cast.cell("青山乡", "决战园区")
    Cell.objects.filter(pk=meanwhile.pk).update(involvement=Involvement.REJECTED)
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["东河镇"], reason="家在当地"
    )

    page = signed_in("office1").post(
        f"{YEAR}not-involved/", {"cells": [*ids, meanwhile.pk], "act": "confirm"}, follow=True
    )

    words = words_of(page)
    assert "已确认1项" in words
    assert [cell.membership.unit.name for cell in Cell.objects.filter(involvement=Involvement.CONFIRMED)] == [
        "青山乡"
    ]
    for left in ("白水乡 · 信访（", "东河镇 · 信访（您属于该单位", "青山乡 · 决战园区（"):
        assert left in words


def test_a_lead_reads_its_proposals_and_decides_none(cast: Cast, signed_in: SignedIn) -> None:
    ids = proposed(cast, "青山乡")
    client = signed_in(LEAD)

    assert "无此项工作" in words_of(client.get(f"{YEAR}not-involved/"))
    assert client.post(f"{YEAR}not-involved/", {"cells": ids, "act": "confirm"}).status_code == 403


def test_nothing_ticked_is_said_and_a_foreign_cell_is_not_there(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    assert client.post(f"{YEAR}not-involved/", {"act": "confirm"}).status_code == 422
    assert client.post(f"{YEAR}not-involved/", {"cells": [987654], "act": "confirm"}).status_code == 404
    assert client.post(f"{YEAR}not-involved/", {"cells": [], "act": "burn"}).status_code == 404


def test_the_tables_come_as_workbooks(cast: Cast, signed_in: SignedIn) -> None:
    proposed(cast, "青山乡")

    for address in ("lead-scores.xlsx", "not-involved.xlsx"):
        assert signed_in(LEAD).get(YEAR + address).content[:2] == b"PK"


def test_thirty_units_take_the_queries_of_three(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(LEAD)
    counts = []
    for more in (0, 30):
        grow(cast, more)
        client.get(grid(cast))
        with CaptureQueriesContext(connection) as queries:
            client.get(grid(cast))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30
