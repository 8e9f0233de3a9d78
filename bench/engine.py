"""The engine's figures: time, memory and growth, each beside a reference and the target.

Run as `python -m bench.engine`. The references are bare NumPy written out below; nothing here is a test.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import ArrayResult, ArraySheet, missing_mark
from scoring.engine.changes import ScoreChange
from scoring.engine.sheet import CellEntry, ItemRule, Readings, Sheet, SubItemRule, UnitEntry
from scoring.engine.standing import compute, compute_arrays
from scoring.engine.whatif import what_if_each

ROUNDS = 7
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """One block of the shipped year: how many units, and its items as (weight, sub-items' bases)."""

    units: int
    items: tuple[tuple[int, tuple[int, ...]], ...]


_SOCIAL = (250, 150, 200, 200, 100, 100)
_PARTY = (300, 200, 250, 150, 100)
SHIPPED = (
    Shape(
        15,
        (
            (120, (100,)), (120, (100,)), (80, (100,)), (80, (100,)), (50, (100,)),
            (150, (200, 150, 150, 100, 100, 200, 100)), (100, (500,)),
            (100, (300, 250, 250, 200)), (100, (250, 200, 200, 150, 200)), (100, _PARTY),
        ),
    ),
    Shape(43, ((500, (500, 250, 250)), (200, _PARTY), (300, _SOCIAL))),
    Shape(23, ((400, (600, 400)), (300, _PARTY), (300, _SOCIAL))),
)  # fmt: skip
SHIPPED_UNITS = sum(shape.units for shape in SHIPPED)


def city(times: int, number_type: type[np.signedinteger] = np.int64, seed: int = 2012) -> list[ArraySheet]:
    """The shipped year with each block `times` as large: on-site for a third, gaps, cells not involved."""
    return [block(shape, shape.units * times, number_type, seed + n) for n, shape in enumerate(SHIPPED)]


def block(shape: Shape, units: int, number_type: type[np.signedinteger], seed: int) -> ArraySheet:
    draw = np.random.default_rng(seed)
    bases = [base * 100 for _, subs in shape.items for base in subs]
    mark = missing_mark(np.dtype(number_type))
    kinds = [np.empty((units, len(bases)), dtype=number_type) for _ in range(3)]
    flags = np.empty((units, len(bases)), dtype=bool)
    for column, base in enumerate(bases):
        for kind, share in zip(kinds, (0.9, 0.98, 0.33), strict=True):
            scores = draw.integers(base * 6 // 10, base, units, dtype=number_type, endpoint=True)
            kind[:, column] = np.where(draw.random(units) < share, scores, mark)
        flags[:, column] = draw.random(units) < 0.03
    return ArraySheet(
        places=2,
        readings=Readings(),
        item_of=np.array([n for n, (_, subs) in enumerate(shape.items) for _ in subs]),
        weights=np.array([weight * 100 for weight, _ in shape.items]),
        order=np.arange(units),
        lead=kinds[0],
        preliminary=kinds[1],
        onsite=kinds[2],
        not_involved=flags,
        commendations=draw.integers(0, 5, units) * 1000,
        criticisms=draw.integers(0, 2, units) * 500,
        rewards=draw.integers(0, 1000, units),
    )


def bare_numpy(sheet: ArraySheet) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """The reference: the same totals and places, as one would write them down without a product around.

    One reading (each item rounded), no sources, no suspension, no proposals, no decisions, no checks.
    """
    assert sheet.lead is not None
    assert sheet.preliminary is not None
    assert sheet.onsite is not None
    assert sheet.not_involved is not None
    mark = missing_mark(sheet.lead.dtype)
    score = np.where(sheet.preliminary != mark, sheet.preliminary, sheet.lead)
    score = np.where(sheet.onsite != mark, sheet.onsite, score)
    scored = (score != mark) & ~sheet.not_involved
    score = np.where(scored, score, 0)
    total, count = score.sum(axis=0, dtype=np.int64), scored.sum(axis=0)
    mean = (2 * total + count) // np.maximum(2 * count, 1)
    score = np.where(sheet.not_involved, mean, score)
    missing = (~scored & ~sheet.not_involved).sum(axis=1)
    base = np.add.reduceat(score, sheet.item_begins, axis=1)
    first = base.max(axis=0)
    weighted = (2 * base * sheet.weights + first) // (2 * first)
    final = weighted.sum(axis=1) + sheet.commendations - sheet.criticisms + sheet.rewards
    item_ranks = np.stack([_bare_ranks(column) for column in base.T], axis=1)
    return base, weighted, item_ranks, final, _bare_ranks(final), missing


def _bare_ranks(figures: Ints) -> Ints:
    ascending = np.sort(figures)
    return len(figures) + 1 - np.searchsorted(ascending, figures, side="right")


def same_answer(result: ArrayResult, reference: tuple[Ints, ...]) -> bool:
    ours = (result.base, result.weighted, result.item_rank, result.final, result.rank, result.missing)
    return all(np.array_equal(a, b) for a, b in zip(ours, reference, strict=True))


def rounds(work: Callable[[], object], repeats: int = 1) -> list[float]:
    """Seconds per run in each of ROUNDS rounds, after one that does not count."""
    work()
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        begin = time.perf_counter()
        for _ in range(repeats):
            work()
        times.append((time.perf_counter() - begin) / repeats)
    return times


def pair(
    ours: Callable[[], object], reference: Callable[[], object], repeats: int
) -> tuple[float, float, float]:
    """Medians of both and of their ratio, taken in turn so that a busy machine hits both alike."""
    ours(), reference()
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        for work, times in ((ours, mine), (reference, theirs)):
            begin = time.perf_counter()
            for _ in range(repeats):
                work()
            times.append((time.perf_counter() - begin) / repeats)
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    return statistics.median(mine), statistics.median(theirs), statistics.median(ratios)


def say(what: str, figure: str, reference: str, target: str) -> None:
    sys.stdout.write(f"{what:<44} {figure:>14}   {reference:<38} target {target}\n")


def main() -> None:
    for times, repeats, target in ((1, 100, "≤ 0.5 ms"), (100, 3, "≤ 2× bare NumPy")):
        sheets = city(times)
        assert all(same_answer(compute_arrays(sheet), bare_numpy(sheet)) for sheet in sheets)
        ours, reference, ratio = pair(
            partial(compute_all, sheets),
            partial(bare_all, sheets),
            repeats,
        )
        say(
            f"{SHIPPED_UNITS * times:,} units, all items and places",
            f"{ours * 1e3:.3f} ms",
            f"bare NumPy {reference * 1e3:.3f} ms, ratio {ratio:.2f}×",
            target,
        )
    growth()
    named()
    trials()
    process = multiprocessing.get_context("spawn").Process(target=million)
    process.start()
    process.join()


def growth() -> None:
    sizes = (20, 100, 500, 2500)
    seconds = []
    for times in sizes:
        sheets = city(times, np.int32)
        seconds.append(statistics.median(rounds(partial(compute_all, sheets))))
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    said = ", ".join(f"{n * SHIPPED_UNITS:,}: {s * 1e3:.1f} ms" for n, s in zip(sizes, seconds, strict=True))
    last = math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])
    say("growth exponent over four sizes", f"{slope:.3f}", f"last step {last:.3f}; {said}", "≤ 1.05")


def named_sheet() -> Sheet:
    """The 43 × 14 block as named values."""
    draw, shape, key = random.Random(2012), SHIPPED[1], 0  # noqa: S311 - plausible scores, not secrets
    items = []
    for n, (weight, bases) in enumerate(shape.items):
        subs = tuple(SubItemRule(key + k, f"sub-item {key + k}", base * 100) for k, base in enumerate(bases))
        key += len(bases)
        items.append(ItemRule(n, f"item {n}", weight * 100, sum(bases) * 100, subs))
    units = tuple(UnitEntry(n, f"unit {n}", n) for n in range(shape.units))
    cells = {
        (unit.key, sub.key): CellEntry(
            preliminary=draw.randint(sub.base * 6 // 10, sub.base), not_involved=draw.random() < 0.03
        )
        for unit in units
        for item in items
        for sub in item.sub_items
    }
    return Sheet("市直单位口", "comprehensive", 2, Readings(), tuple(items), units, cells)


def named() -> None:
    sheet = named_sheet()
    seconds = statistics.median(rounds(lambda: compute(sheet), 5))
    say("43 × 14 with every name, Sheet to standing", f"{seconds * 1e3:.2f} ms", "", "none set")


def trials() -> None:
    sheet, draw = named_sheet(), random.Random(1)  # noqa: S311 - trial scores, not secrets
    rules = [sub for item in sheet.items for sub in item.sub_items]
    changes = []
    for _ in range(1000):
        sub = draw.choice(rules)
        unit = draw.choice(sheet.units)
        changes.append((ScoreChange(unit.key, sub.key, "preliminary", draw.randint(0, sub.base)),))
    seconds = statistics.median(rounds(lambda: what_if_each(sheet, changes)))
    say("1,000 trial changes of 43 × 14", f"{seconds * 1e3:.1f} ms", "", "≤ 150 ms")


def million() -> None:
    """In a process of its own, so that what came before does not count."""
    started = resident_mb()
    times, seconds, reference = 12_346, 0.0, 0.0
    keep: list[ArrayResult] = []
    for n, shape in enumerate(SHIPPED):  # block by block, as they are read and stored
        sheet = block(shape, shape.units * times, np.int32, 2012 + n)
        took = rounds(partial(keep_at, keep, n, sheet))
        seconds += statistics.median(took)
    one_by_one = peak_mb() - started
    keep.clear()
    sheets = city(times, np.int32)
    keep = [compute_arrays(sheet) for sheet in sheets]
    at_once = peak_mb() - started
    keep.clear()
    for sheet in sheets:
        took = [clock(partial(bare_numpy, sheet)) for _ in range(5)]
        reference += statistics.median(took)
    say(
        f"{SHIPPED_UNITS * times:,} units × 13–27 sub-items",
        f"{seconds:.3f} s",
        f"bare NumPy {reference:.3f} s, ratio {seconds / reference:.2f}×",
        "≤ 0.6 s",
    )
    say(
        "its memory over the process's start",
        f"{one_by_one:.0f} MB",
        f"all blocks' inputs held at once {at_once:.0f} MB",
        "≤ 400 MB",
    )


def keep_at(keep: list[ArrayResult], place: int, sheet: ArraySheet) -> None:
    """Hold one result for each block, all figures and places, so that memory shows them."""
    del keep[place:]
    keep.append(compute_arrays(sheet))


def compute_all(sheets: list[ArraySheet]) -> list[ArrayResult]:
    return [compute_arrays(sheet) for sheet in sheets]


def bare_all(sheets: list[ArraySheet]) -> list[tuple[Ints, ...]]:
    return [bare_numpy(sheet) for sheet in sheets]


def clock(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def resident_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
