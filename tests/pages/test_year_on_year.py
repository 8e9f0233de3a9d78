"""Two years side by side, and movement since the last draft: who may look, what is compared, how items are mapped."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from awards.actions import approval
from awards.models import ItemMapping
from awards.year_on_year import compare_years
from office import audit
from scoring.models import MajorItem
from tests.awards.years import ready
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, signed_in, words_of
from units.models import Block, Cycle, Membership
from units.signals import announce_stale
from units.stages import Stage

PAGE, BRIEF = f"{YEAR}year-on-year/", f"{YEAR}brief/"


@pytest.fixture
def two_years(cast: Cast) -> Cast:
    """2011 of the same townships with 决战园区 under its own name and 社会治理 for 社会管理; no score of 东河镇."""
    last = Cycle.objects.create(
        code="2011", name="双向承诺综合考评", year=2011, host=cast.cycle.host, stage=Stage.FILED
    )
    last.units.set(cast.cycle.units.all())
    block = Block.objects.create(cycle=last, name="乡镇口", kind="综合", order=0)
    for name in ("青山乡", "白水乡"):
        Membership.objects.create(block=block, unit=cast.units[name])
    for order, (name, weight, base) in enumerate([("决战园区", 600, 200), ("社会治理", 400, 1000)]):
        item = MajorItem.objects.create(
            block=block, name=name, order=order, weight_points=weight, base_points=base
        )
        item.sub_items.create(name=name, order=0, base_points=base)
    announce_stale(block.pk)
    then = Cast(last, people=cast.people)
    for unit, park, order_ in [("青山乡", "100", "500"), ("白水乡", "150", "800")]:
        then.score(unit, "决战园区", park)
        then.score(unit, "社会治理", order_)
    for unit, points in [("青山乡", "90"), ("白水乡", "80"), ("东河镇", "70")]:
        cast.score(unit, "决战园区", points)
    return cast


def test_shares_of_the_full_marks_are_compared_whatever_the_bases(two_years: Cast) -> None:
    blocks = list(two_years.cycle.blocks.all())
    for block in blocks:
        block.cycle = two_years.cycle

    found = compare_years(blocks, Cycle.objects.get(code="2011"))

    towns = next(one for one in found if one.block.name == "乡镇口")
    park, order_ = towns.items
    # 2011: (100 + 150) / 2 of 200; 2012: (90 + 80 + 70) / 3 of 100.
    assert (park.before, park.now) == (Decimal("0.625"), Decimal("0.8"))
    assert (order_.pair.earlier, order_.change) == (None, None)
    own = towns.of_unit("青山乡")[0]
    assert (own.before, own.now) == (Decimal("0.5"), Decimal("0.9"))
    assert [(line.unit, line.before, line.now) for line in towns.units] == [
        ("青山乡", 2, 1),
        ("白水乡", 1, 2),
        ("东河镇", None, 3),
    ]


def test_the_office_maps_an_item_that_changed_its_name(two_years: Cast) -> None:
    item = MajorItem.objects.get(block__cycle=two_years.cycle, name="社会管理")
    earlier = MajorItem.objects.get(name="社会治理")
    client = signed_in(two_years.people["office1"])

    done = client.post(f"{PAGE}{item.pk}/map/", {"earlier": str(earlier.pk)})

    assert done.status_code == 302
    assert ItemMapping.objects.get().earlier == earlier
    assert "考评办指定" in words_of(client.get(PAGE))
    client.post(f"{PAGE}{item.pk}/map/", {"earlier": ""})
    assert not ItemMapping.objects.exists()


@pytest.mark.parametrize(
    ("earlier", "status"), [("0", 422), ("x", 422), ("9999999999999999999", 422), ("none", 302)]
)
def test_only_an_item_of_the_year_before_is_taken(two_years: Cast, earlier: str, status: int) -> None:
    item = MajorItem.objects.get(block__cycle=two_years.cycle, name="社会管理")
    client = signed_in(two_years.people["office1"])

    assert client.post(f"{PAGE}{item.pk}/map/", {"earlier": earlier}).status_code == status
    assert client.post(f"{PAGE}0/map/", {"earlier": "none"}).status_code == 404


@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("leader1", Stage.HEARING, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("mayor", Stage.HEARING, 200),
        ("official_青山乡", Stage.PUBLISHED, 403),
        ("reviewer1", Stage.HEARING, 403),
        ("sysadmin", Stage.HEARING, 403),
    ],
)
@pytest.mark.parametrize("address", [PAGE, f"{YEAR}year-on-year.xlsx"])
def test_it_is_for_those_who_see_totals(
    two_years: Cast, person: str, stage: Stage, status: int, address: str
) -> None:
    two_years.at(stage)

    assert signed_in(two_years.people[person]).get(address).status_code == status


@pytest.mark.parametrize("person", ["leader1", "mayor", "auditor", "official_青山乡"])
def test_only_the_office_maps(two_years: Cast, person: str) -> None:
    two_years.at(Stage.HEARING)
    item = MajorItem.objects.filter(block__cycle=two_years.cycle)[0]

    answer = signed_in(two_years.people[person]).post(f"{PAGE}{item.pk}/map/", {"earlier": "none"})

    assert answer.status_code == 403


def test_without_a_year_before_the_page_says_so(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])

    assert "本年度之前没有年度" in words_of(client.get(PAGE))
    assert client.get(f"{PAGE}?unit=没有的乡").status_code == 200
    assert client.post(PAGE).status_code == 405


def test_a_unit_that_is_not_there_is_not_found(two_years: Cast) -> None:
    client = signed_in(two_years.people["office1"])

    assert client.get(f"{PAGE}?unit=没有的乡").status_code == 404
    assert "同比：青山乡" in words_of(client.get(f"{PAGE}?unit=青山乡"))


def test_it_asks_as_much_for_three_units_as_for_thirty(two_years: Cast) -> None:
    client = signed_in(two_years.people["office1"])
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    grow(two_years, 27)
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(few) == len(many)
    assert len(many) <= 30


def test_the_brief_with_a_filed_year_before_asks_thirty_queries_at_most(two_years: Cast) -> None:
    last = Cycle.objects.get(code="2011")
    with transaction.atomic():
        audit.record(None, "package.accepted", last, cycle_code=last.code)
    client = signed_in(two_years.people["office1"])

    def asked() -> int:
        client.get(BRIEF)
        with CaptureQueriesContext(connection) as queries:
            client.get(BRIEF)
        return len(queries)

    few = asked()
    grow(two_years, 27)

    assert asked() == few <= 30


def test_the_brief_tells_who_moved_since_the_result_was_frozen(cast: Cast) -> None:
    ready(cast)
    approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)
    client = signed_in(cast.people["leader1"])
    assert "自上次送审稿以来名次无变动" in words_of(client.get(BRIEF))

    cast.at(Stage.RESULTS)
    for unit, points in [("青山乡", "10"), ("白水乡", "100"), ("东河镇", "50")]:
        cast.score(unit, "决战园区", points)

    page = body(client.get(BRIEF))
    assert "since-draft" in page
    assert "自上次送审稿以来名次无变动" not in page


def test_before_any_draft_the_brief_says_when_the_first_is_made(cast: Cast) -> None:
    assert "尚无送审稿" in words_of(signed_in(cast.people["office1"]).get(BRIEF))
