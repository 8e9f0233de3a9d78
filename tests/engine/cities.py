"""Random blocks for the engine's property tests: small, full of ties, gaps and odd states.

What is right about them is said by the tests and by the oracle.
"""

from __future__ import annotations

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

countings = st.one_of(
    st.just(REPLACE),
    st.builds(Counting.mix, st.integers(0, 7), st.integers(1, 7)),
)
readings = st.builds(
    Readings,
    rounding=st.sampled_from(Rounding),
    first_is_zero=st.sampled_from(FirstIsZero),
    counting=countings,
)


@st.composite
def sheets(draw: st.DrawFn, *, odd: bool = True, rounding: Rounding | None = None) -> Sheet:
    """One block; `odd=False` leaves out gaps, means, suspensions and decisions: every cell has a score."""
    places = draw(st.integers(0, 4))
    unit_count = draw(st.integers(0 if odd else 1, 7))
    item_count = draw(st.integers(0 if odd else 1, 4))
    scale = 10 ** draw(st.sampled_from([0, places]))
    items, key = [], 0
    for item_key in range(item_count):
        subs = []
        for _ in range(draw(st.integers(0 if odd else 1, 3))):
            key += 1
            base = draw(st.integers(1, 12)) * scale
            subs.append(
                SubItemRule(
                    key=key,
                    name=f"sub-item {key}",
                    base=base,
                    floor=draw(st.sampled_from([0, 0, 0, -base])) if odd else 0,
                    visit_required=odd and draw(st.integers(0, 5)) == 0,
                    suspended=odd and draw(st.integers(0, 7)) == 0,
                )
            )
        weight = draw(st.integers(1, 300)) * draw(st.sampled_from([1, scale]))
        total = sum(sub.base for sub in subs)
        items.append(ItemRule(item_key, f"item {item_key}", weight, total, tuple(subs)))
    amounts = st.sampled_from([0, 0, 0, 1, 5 * scale, 30 * scale])
    orders = draw(st.permutations(range(unit_count)))
    units = tuple(
        UnitEntry(
            key=100 + n,
            name=f"unit {n}",
            order=orders[n],
            eligible=draw(st.booleans()),
            commendations=draw(amounts),
            criticisms=draw(amounts),
            rewards=draw(amounts),
        )
        for n in range(unit_count)
    )
    cells = {
        (unit.key, sub.key): draw(_cells(sub, odd))
        for unit in units
        for item in items
        for sub in item.sub_items
    }
    decisions: list[MissingDecision] = []
    if odd and units and key:
        decisions = draw(
            st.lists(
                st.builds(
                    MissingDecision,
                    sub_item_key=st.integers(1, key),
                    unit_key=st.sampled_from([None, *(unit.key for unit in units)]),
                    how=st.sampled_from(MissingHow),
                ),
                max_size=2,
            )
        )
    chosen = draw(readings)
    if rounding is not None:
        chosen = Readings(rounding, chosen.first_is_zero, chosen.counting)
    return Sheet(
        block="block",
        kind="comprehensive",
        places=places,
        readings=chosen,
        items=tuple(items),
        units=units,
        cells=cells,
        decisions=tuple(decisions),
    )


@st.composite
def _cells(draw: st.DrawFn, sub: SubItemRule, odd: bool) -> CellEntry:
    score = st.one_of(st.sampled_from([0, sub.base, sub.base // 2]), st.integers(min(sub.floor, 0), sub.base))
    if not odd:
        return CellEntry(onsite=draw(score))
    state = draw(st.integers(0, 9))
    some = st.one_of(st.none(), score)
    if state == 0:
        return CellEntry()
    return CellEntry(
        self_score=draw(some),
        lead=draw(some),
        preliminary=draw(some),
        onsite=draw(some),
        not_involved=state in (1, 2),
        proposed=state == 3,
    )
