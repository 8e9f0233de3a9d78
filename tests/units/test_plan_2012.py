"""The shipped plan: its check sums, its names, and what loaddata does with it.

The arithmetic on it is tested in tests/engine and tests/year.
"""

from __future__ import annotations

import importlib.util
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from awards.models import AwardScheme, PrizeLine
from bonuses.models import Issuer, Pool, TariffLine
from office.models import AuditEntry, User
from scoring.models import Cell, MajorItem, Score, ScoreKind, Standing, SubItem
from units.models import Block, Cycle, Membership, Reading, Unit, UnitName
from units.names import NameBook
from units.readings import QUESTIONS
from units.signals import once_per_block

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Cycle:
    call_command("loaddata", "plan_2012", verbosity=0)
    return Cycle.objects.get(code="2012")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_plan_2012", FIXTURES / "build_plan_2012.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_fixture_is_what_its_script_writes() -> None:
    assert (FIXTURES / "plan_2012.json").read_text(encoding="utf-8") == generator().text()


def test_blocks_count_as_the_plan_counts_them(plan: Cycle) -> None:
    members = {b.name: b.memberships.count() for b in plan.blocks.all()}

    assert members == {
        "乡镇口": 15,
        "市委党群口": 23,
        "市直单位口": 43,
        "招商引资": 22,
        "旅游开发": 19,
        "城市建设": 14,
    }


def test_a_unit_of_several_tracks_is_one_unit(plan: Cycle) -> None:
    blocks = Membership.objects.filter(unit__name="市集团公司").values_list("block__name", flat=True)

    assert set(blocks) == {"乡镇口", "招商引资", "旅游开发"}
    assert Unit.objects.count() == 81 + 5 + 2 + 2  # squads, track-only units, bodies


def test_weights_and_bases_sum_as_the_plan_says(plan: Cycle) -> None:
    sums = {
        name: (weight, base)
        for name, weight, base in MajorItem.objects.filter(block__kind="综合")
        .order_by()
        .values_list("block__name")
        .annotate(Sum("weight_points"), Sum("base_points"))
    }

    assert sums == {
        "乡镇口": (Decimal(1000), Decimal(5000)),
        "市委党群口": (Decimal(1000), Decimal(3000)),
        "市直单位口": (Decimal(1000), Decimal(3000)),
    }


def test_sub_items_count_as_the_plan_counts_them_and_sum_to_their_item(plan: Cycle) -> None:
    counts = {block.name: SubItem.objects.filter(item__block=block).count() for block in plan.blocks.all()}
    wrong = [
        item.name
        for item in MajorItem.objects.prefetch_related("sub_items")
        if sum(s.base_points for s in item.sub_items.all()) != item.base_points
    ]

    assert counts == {
        "乡镇口": 27,
        "市委党群口": 13,
        "市直单位口": 14,
        "招商引资": 1,
        "旅游开发": 1,
        "城市建设": 1,
    }
    assert wrong == []


def test_twenty_six_of_the_leads_are_appraised_themselves(plan: Cycle) -> None:
    leads = Unit.objects.filter(led_sub_items__isnull=False).distinct()
    helpers = Unit.objects.filter(helped_sub_items__isnull=False).distinct()

    assert leads.count() == 28
    assert set(leads.filter(memberships__isnull=True).values_list("name", flat=True)) == {
        "考评办",
        "市人武部",
    }
    assert set(helpers.filter(memberships__isnull=True).values_list("name", flat=True)) == {"考评办"}


def test_every_shipped_lead_and_split_is_marked_as_a_stand_in(plan: Cycle) -> None:
    assert set(SubItem.objects.values_list("source", flat=True)) == {"暂拟"}
    assert Unit.objects.filter(is_stand_in=True).count() == 15


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("党史办", "市委办"),
        ("市纪检委", "市纪检监察机关"),
        ("市监察局", "市纪检监察机关"),
        ("各纪工委", "市纪检监察机关"),
        ("市应急办", "市政府办"),
        ("应急办", "市政府办"),
        ("市项目办", "市发改委"),
        ("项目办", "市发改委"),
        ("综治办", "市委政法委"),
        ("中小企业局", "市工信委"),
        ("文联", "市委宣传部"),
        ("国资办", "市财政局"),
        ("风景名胜区", "风景名胜区"),
        ("国家矿山公园管委会", "国家矿山公园管委会"),
    ],
)
def test_names_of_the_plan_find_their_unit(plan: Cycle, written: str, unit: str) -> None:
    book = NameBook(
        [(u.name, u.name) for u in Unit.objects.all()]
        + [(n.name, n.unit.name) for n in UnitName.objects.select_related("unit")]
    )

    assert book.find(written) == unit


def test_every_prize_given_costs_528_000_yuan(plan: Cycle) -> None:
    by_kind = {
        kind: sum(
            p.count * p.amount_fen for p in PrizeLine.objects.filter(scheme__cycle=plan, scheme__kind=kind)
        )
        for kind in ("综合", "单项", "个人")
    }

    assert by_kind == {"综合": 36_000_000, "单项": 15_000_000, "个人": 1_800_000}
    assert sum(by_kind.values()) == 52_800_000
    assert AwardScheme.objects.filter(kind="单项").count() == 10


def test_awards_rest_on_items_that_exist(plan: Cycle) -> None:
    lost = [
        (award.name, reference)
        for award in AwardScheme.objects.all()
        for reference in award.rests_on
        if reference not in ("总分", "推荐")
        and not (
            MajorItem.objects.filter(
                block__in=award.blocks.all(), name=reference.removeprefix("大项:")
            ).exists()
            or SubItem.objects.filter(
                item__block__in=award.blocks.all(), name=reference.removeprefix("中项:")
            ).exists()
        )
    ]

    assert lost == []


def test_tariff_cap_pools_and_readings_ship(plan: Cycle) -> None:
    assert TariffLine.objects.get(kind="封顶").points == 50
    assert TariffLine.objects.get(kind="表彰", level="国家部委及中直部门").points == 30
    assert not TariffLine.objects.filter(kind="通报批评", level="国家部委及中直部门").exists()
    assert list(Pool.objects.values_list("cap", flat=True)) == [10, 10]
    assert set(Issuer.objects.values_list("level", flat=True)) <= set(
        TariffLine.objects.values_list("level", flat=True)
    )
    assert dict(Reading.objects.values_list("code", "choice")) == {q.code: q.shipped for q in QUESTIONS}


def test_loading_lays_down_empty_standings_and_one_log_entry(plan: Cycle) -> None:
    cells = sum(
        b.memberships.count() * SubItem.objects.filter(item__block=b).count() for b in Block.objects.all()
    )

    assert Standing.objects.count() == 6
    assert Cell.objects.count() == cells
    assert AuditEntry.objects.filter(act="fixture.loaded", cycle_code="2012").count() == 1


def test_loading_twice_changes_nothing(plan: Cycle) -> None:
    before = dump()

    call_command("loaddata", "plan_2012", verbosity=0)

    assert dump() == before


def test_loading_over_a_score_is_refused_and_changes_nothing(plan: Cycle) -> None:
    cell = Cell.objects.first()
    assert cell is not None
    Score.objects.create(
        cell=cell,
        kind=ScoreKind.PRELIMINARY,
        points=1,
        entered_by=User.objects.create(username="office1"),
        entered_at=timezone.now(),
    )
    Unit.objects.filter(name="青山乡").update(contact="联络员甲")

    with pytest.raises(CommandError, match="2012"):
        call_command("loaddata", "plan_2012", verbosity=0)

    assert Unit.objects.get(name="青山乡").contact == "联络员甲"


def dump() -> list[object]:
    out = StringIO()
    call_command(
        "dumpdata", "units", "scoring.majoritem", "scoring.subitem", "scoring.indicator", "bonuses", "awards",
        natural_foreign=True, natural_primary=True, stdout=out,
    )  # fmt: skip
    dumped: list[object] = json.loads(out.getvalue())
    return dumped


def test_natural_keys_survive_dump_and_load(plan: Cycle, tmp_path: Path) -> None:
    before = dump()
    path = tmp_path / "again.json"
    path.write_text(json.dumps(before), encoding="utf-8")
    with once_per_block():
        Cycle.objects.all().delete()
        Unit.objects.all().delete()

    call_command("loaddata", str(path), verbosity=0)

    assert dump() == before
