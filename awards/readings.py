"""What each alternative reading of the plan would change now: places and awards, computed anew in memory.

The readings in force are kept by units; the rulings on them by actions.readings. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from awards.award_queries import (
    Choices,
    Computed,
    Ground,
    compute_award,
    compute_awards,
    ground_of,
    with_choices,
)
from awards.contenders import TOTAL, is_for_townships
from awards.models import AwardScheme
from bonuses import policy as papers
from bonuses import queries as paper_queries
from office.fields import to_units
from scoring import sheets
from scoring.engine.sheet import BlockStanding, Counting, FirstIsZero, Readings, Rounding, Sheet
from scoring.engine.standing import compute
from units.models import Cycle, Reading
from units.readings import BY_CODE, QUESTIONS, Question

# Readings that never touch a place or an award: an order of steps, and a limit inside a unit.
HARMLESS = frozenset({"R8", "R11"})
# Answered here; R10 is not, which needs rules of how a track feeds an item of the townships.
IN_STANDINGS = frozenset({"R1", "R2", "R9"})
IN_PAPERS = {
    "R3": "single_top_three",
    "R4": "cap_covers",
    "R5a": "criticism_matter",
    "R5b": "commendation_matter",
}
IN_AWARDS = frozenset({"R6", "R7", "R12"})
TRIAL_MIX = (1, 1)  # R9's mix where no proportion was entered

ANSWERS = "answers"  # in the parameters of an own question: what may be chosen, in the order it was entered


@dataclass(frozen=True, slots=True)
class PlaceMove:
    """One unit that would stand elsewhere."""

    block: str
    unit: str
    before: int  # place
    after: int  # place


@dataclass(frozen=True, slots=True)
class AwardMove:
    """One award that would go to others; names in the plan's order."""

    award: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]
    held: bool  # under the alternative a tie would be open


@dataclass(frozen=True, slots=True)
class Effect:
    """One alternative of one reading, and what it would change now."""

    code: str
    choice: str
    is_known: bool  # False: nothing here can compute it
    places: tuple[PlaceMove, ...] = ()
    awards: tuple[AwardMove, ...] = ()
    figures: tuple[int, ...] = ()  # R9: the proportion tried

    @property
    def changes_something(self) -> bool:
        return bool(self.places or self.awards)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What stands now, kept ready for alternatives."""

    ground: Ground
    sheets: Mapping[int, Sheet]
    now: list[Computed]
    rules: paper_queries.Rules
    papers: Mapping[int, list[papers.Paper]]  # verified ones by unit


def effects_of(cycle: Cycle) -> list[Effect]:
    """Every alternative that is not in force, in the register's sequence; about twenty queries."""
    chosen = {reading.code: reading for reading in cycle.readings.all()}
    trial = _trial_of(cycle)
    return [
        _effect(trial, question, choice, chosen.get(question.code))
        for question in QUESTIONS
        for choice, _words in question.alternatives
        if choice != choice_in_force(cycle, question, chosen.get(question.code))
    ]


def question_of(code: str, reading: Reading | None) -> Question | None:
    """One of R1 to R12, or the office's own with the alternatives that were entered; None for no question."""
    if code in BY_CODE:
        return BY_CODE[code]
    if reading is None or not reading.question:
        return None
    answers = [str(words) for words in reading.parameters.get(ANSWERS, [])]
    return Question(
        code, reading.question, tuple((str(number), words) for number, words in enumerate(answers, 1))
    )


def effect_of(cycle: Cycle, code: str, choice: str, figures: Mapping[str, int] | None = None) -> Effect:
    """One alternative of one reading, for the page and the record of its ruling."""
    reading = cycle.readings.filter(code=code).first()
    if reading is not None and figures:
        reading.parameters = dict(figures)
    return _effect(_trial_of(cycle), BY_CODE[code], choice, reading)


def choice_in_force(cycle: Cycle, question: Question, reading: Reading | None) -> str:
    """R1 is kept with the cycle, so that the plan workbook carries it."""
    if question.code == "R1":
        return str(cycle.rounding)
    return reading.choice if reading is not None else question.shipped


def _trial_of(cycle: Cycle) -> _Trial:
    blocks = list(cycle.blocks.order_by("order", "pk"))
    for block in blocks:
        block.cycle = cycle
    named = sheets.named_sheets(blocks)
    standings = {pk: compute(sheet) for pk, sheet in named.items()}
    ground = ground_of(cycle, standings, named)
    listed = paper_queries.verified_of(cycle, set(ground.unit_of.values()))
    return _Trial(
        ground,
        named,
        compute_awards(ground),
        paper_queries.rules_of(cycle),
        {unit: [paper_queries.paper_of(row) for row in rows] for unit, rows in listed.items() if rows},
    )


def _effect(trial: _Trial, question: Question, choice: str, reading: Reading | None) -> Effect:
    code = question.code
    if code in HARMLESS:
        return Effect(code, choice, is_known=True)
    if code in IN_AWARDS:
        choices = _with_choice(trial.ground.choices, code, choice)
        touched = [one for one in trial.now if _is_touched(trial.ground, one.scheme, code)]
        ground = with_choices(trial.ground, choices)
        after = [compute_award(ground, one.scheme) for one in touched]
        return Effect(code, choice, True, (), tuple(_award_moves(touched, after)))
    if code not in IN_STANDINGS and code not in IN_PAPERS:
        return Effect(code, choice, is_known=False)
    figures = _mix_of(reading) if (code, choice) == ("R9", "mix") else ()
    moved_points = _moved_points(trial, code, choice)
    standings = {}
    for pk, sheet in trial.sheets.items():
        changed = _changed(trial, sheet, code, choice, figures, moved_points)
        # The same sheet gives the same standing; most alternatives reach few blocks.
        standings[pk] = trial.ground.standings[pk] if changed is sheet else compute(changed)
    moved = {
        pk
        for pk, standing in standings.items()
        if standing is not trial.ground.standings[pk] and standing.rows != trial.ground.standings[pk].rows
    }
    touched = [
        one
        for one in trial.now
        if moved & {block.pk for block in one.scheme.blocks.all()} and _feels(one.scheme, code)
    ]
    ground = replace(trial.ground, standings=standings)
    after = [compute_award(ground, one.scheme) for one in touched]
    return Effect(
        code,
        choice,
        True,
        tuple(_place_moves(trial.ground.standings, standings)),
        tuple(_award_moves(touched, after)),
        figures,
    )


def _is_touched(ground: Ground, scheme: AwardScheme, code: str) -> bool:
    """Whether another answer to R6, R7 or R12 can reach the award at all."""
    match code:
        case "R6":
            return bool(ground.bars.vetoes)
        case "R7":
            return len(scheme.blocks.all()) > 1
        case _:
            return is_for_townships(scheme.name)


def _feels(scheme: AwardScheme, code: str) -> bool:
    """Whether an award can move with what the reading changes: sums and rounding leave marks of items alone."""
    if code in IN_STANDINGS - {"R1"}:
        return True
    return bool(scheme.tie_order) or TOTAL in scheme.rests_on


def _with_choice(choices: Choices, code: str, choice: str) -> Choices:
    match code:
        case "R6":
            return replace(choices, veto_bars=choice)
        case "R7":
            return replace(choices, across=choice)
        case _:
            return replace(choices, streets_count=choice)


def _mix_of(reading: Reading | None) -> tuple[int, int]:
    figures = reading.parameters if reading is not None else {}
    mix = (int(figures.get("p", TRIAL_MIX[0])), int(figures.get("q", TRIAL_MIX[1])))
    return mix if sum(mix) > 0 else TRIAL_MIX


def _changed(
    trial: _Trial,
    sheet: Sheet,
    code: str,
    choice: str,
    figures: tuple[int, ...],
    moved_points: Mapping[int, tuple[int, int, int]],
) -> Sheet:
    readings: Readings = sheet.readings
    match code:
        case "R1":
            return replace(sheet, readings=replace(readings, rounding=Rounding(choice)))
        case "R2":
            if not _has_an_empty_item(trial.ground.standings[_key_of(trial, sheet)]):
                return sheet
            return replace(sheet, readings=replace(readings, first_is_zero=FirstIsZero(choice)))
        case "R9":
            counting = Counting.mix(*figures) if choice == "mix" else Counting()
            return replace(sheet, readings=replace(readings, counting=counting))
        case _:
            return _with_other_sums(trial, sheet, moved_points)


def _key_of(trial: _Trial, sheet: Sheet) -> int:
    return next(pk for pk, one in trial.sheets.items() if one is sheet)


def _has_an_empty_item(standing: BlockStanding) -> bool:
    """Whether the first of some item has nothing: only then R2 asks a question."""
    rows = standing.rows
    return bool(rows) and any(max(row.items[n].base for row in rows) <= 0 for n in range(len(rows[0].items)))


def _moved_points(trial: _Trial, code: str, choice: str) -> dict[int, tuple[int, int, int]]:
    """Unit → by how much its commendations, criticisms and rewards would differ, in units of the last place."""
    if code not in IN_PAPERS:
        return {}
    now = trial.rules.tariff
    other = replace(now, readings=replace(now.readings, **{IN_PAPERS[code]: choice}))
    moved = {}
    for unit, listed in trial.papers.items():
        before, after = papers.count(listed, now), papers.count(listed, other)
        if before != after:
            moved[unit] = (
                to_units(after.commendations - before.commendations, now.places),
                to_units(after.criticisms - before.criticisms, now.places),
                to_units(after.rewards - before.rewards, now.places),
            )
    return moved


def _with_other_sums(trial: _Trial, sheet: Sheet, moved: Mapping[int, tuple[int, int, int]]) -> Sheet:
    if not moved or (sheet.kind == "special" and not trial.rules.joins_tracks):
        return sheet
    units = []
    for unit in sheet.units:
        plus, minus, rewards = moved.get(trial.ground.unit_of[unit.key], (0, 0, 0))
        units.append(
            replace(
                unit,
                commendations=unit.commendations + plus,
                criticisms=unit.criticisms + minus,
                rewards=unit.rewards + rewards,
            )
        )
    return replace(sheet, units=tuple(units))


def _place_moves(
    before: Mapping[int, BlockStanding], after: Mapping[int, BlockStanding]
) -> Iterator[PlaceMove]:
    for pk, standing in before.items():
        ranks = {row.unit_key: row.rank for row in after[pk].rows}
        for row in standing.rows:
            if ranks[row.unit_key] != row.rank:
                yield PlaceMove(standing.block, row.unit, row.rank, ranks[row.unit_key])


def _award_moves(before: list[Computed], after: list[Computed]) -> Iterator[AwardMove]:
    for old, new in zip(before, after, strict=True):
        had = {line.contender.key: (line.grade, line.amount_fen) for line in old.proposal.winners}
        has = {line.contender.key: (line.grade, line.amount_fen) for line in new.proposal.winners}
        names = {
            line.contender.key: line.contender.unit for line in (*old.proposal.lines, *new.proposal.lines)
        }
        order = {
            line.contender.key: line.contender.order for line in (*old.proposal.lines, *new.proposal.lines)
        }
        gains = sorted((k for k in has if had.get(k) != has[k]), key=lambda k: order[k])
        loses = sorted((k for k in had if had[k] != has.get(k)), key=lambda k: order[k])
        held_before = [seat.held for seat in old.proposal.seats]
        held_after = [seat.held for seat in new.proposal.seats]
        if gains or loses or held_before != held_after:
            yield AwardMove(
                old.scheme.name,
                tuple(names[k] for k in gains),
                tuple(names[k] for k in loses),
                new.proposal.is_held,
            )


def readings_that_hold(cycle: Cycle) -> list[Reading]:
    """Readings nobody has decided, of which an alternative would change a place or an award now.

    They hold the approval (§6(9), rulebook 8). The register's own questions of the office, which nothing here
    can compute, hold as well until they are decided.
    """
    undecided = {r.code: r for r in cycle.readings.filter(decided_at=None)}
    if not undecided:
        return []
    moving = {
        effect.code for effect in effects_of(cycle) if effect.code in undecided and effect.changes_something
    }
    return [r for code, r in undecided.items() if code in moving or code not in BY_CODE]
