"""Random blocks for the engine's property tests: small, full of ties, gaps and odd states.

What is right about them is said by the tests and by the oracle.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from scoring.engine.sheet import (
    REPLACE,
    CellEntry,
    Counting,
    FirstIsZero,
    ItemRule,
    MissingDecision,
    MissingHow,
    Readings,
    Rounding,
    Sheet,
    SubItemRule,
    UnitEntry,
)


def sheets(*, plain: bool = False) -> st.SearchStrategy[Sheet]:
    """Blocks by seed; `plain` ones have a score in every cell, none below zero, and no decisions."""
    return st.builds(
        random_sheet,
        seed=st.integers(0, 2**40),
        unit_count=st.integers(1 if plain else 0, 8),
        item_count=st.integers(1 if plain else 0, 4),
        places=st.integers(0, 4),
        rounding=st.sampled_from(Rounding),
        first_is_zero=st.sampled_from(FirstIsZero),
        plain=st.just(plain),
    )


def random_sheet(
    seed: int,
    unit_count: int,
    item_count: int,
    places: int,
    rounding: Rounding,
    first_is_zero: FirstIsZero,
    plain: bool = False,
) -> Sheet:
    draw = Random(seed)  # noqa: S311 - repeatable test figures, not secrets
    # Small figures make ties and halves; full ones look like a real year.
    scale = draw.choice([1, 10**places])
    odds = 0.0 if plain else draw.choice([0.0, 0.1, 0.3])
    items = []
    for item_key in range(item_count):
        subs = tuple(
            _sub_item(draw, item_key * 10 + n, scale, odds) for n in range(draw.randint(1 if plain else 0, 3))
        )
        weight = draw.choice([draw.randint(1, 4), draw.randint(1, 300) * draw.choice([1, scale])])
        items.append(ItemRule(item_key, f"item {item_key}", weight, sum(sub.base for sub in subs), subs))
    orders = draw.sample(range(unit_count), unit_count)
    amounts = [0, 0, 0, 1, 5 * scale, 30 * scale]
    units = tuple(
        UnitEntry(
            100 + n,
            f"unit {n}",
            orders[n],
            draw.random() < 0.9,
            draw.choice(amounts),
            draw.choice(amounts),
            draw.choice(amounts),
        )
        for n in range(unit_count)
    )
    rules = [sub for item in items for sub in item.sub_items]
    cells = {}
    for sub in rules:
        # Now and then a whole column has nothing, is zero, or involves nobody.
        whole = draw.choice(["", "", "", "", "", "zero", *([] if plain else ["empty", "nobody"])])
        for unit in units:
            if plain:
                cells[unit.key, sub.key] = CellEntry(onsite=0 if whole == "zero" else _score(draw, sub))
            elif whole != "empty":
                cells[unit.key, sub.key] = _cell(draw, sub, odds, whole)
    decisions = tuple(
        MissingDecision(
            draw.choice(rules).key,
            draw.choice([None, *(u.key for u in units)]),
            draw.choice(list(MissingHow)),
        )
        for _ in range(0 if plain or not rules else draw.choice([0, 0, 1, 3]))
    )
    counting = draw.choice([REPLACE, Counting.mix(draw.randint(0, 7), draw.randint(1, 7))])
    return Sheet(
        block="block",
        kind="comprehensive",
        places=places,
        readings=Readings(rounding, first_is_zero, counting),
        items=tuple(items),
        units=units,
        cells=cells,
        decisions=decisions,
    )


def _sub_item(draw: Random, key: int, scale: int, odds: float) -> SubItemRule:
    base = draw.randint(1, 12) * scale
    return SubItemRule(
        key=key,
        name=f"sub-item {key}",
        base=base,
        floor=-base if draw.random() < odds else 0,
        visit_required=draw.random() < odds,
        suspended=draw.random() < odds / 2,
    )


def _score(draw: Random, sub: SubItemRule) -> int:
    return draw.choice([0, sub.base, sub.base // 2, *(draw.randint(sub.floor, sub.base) for _ in range(3))])


def _cell(draw: Random, sub: SubItemRule, odds: float, whole: str) -> CellEntry:
    def some(share: float) -> int | None:
        if draw.random() > share:
            return None
        return 0 if whole == "zero" else _score(draw, sub)

    return CellEntry(
        self_score=some(0.5),
        lead=some(0.8),
        preliminary=some(0.6),
        onsite=some(0.4),
        not_involved=whole == "nobody" or draw.random() < odds,
        proposed=draw.random() < odds / 3,
    )
