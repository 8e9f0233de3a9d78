"""What would move if something were signed now: places, eligibility and awards, computed anew in memory.

Fills the port `consequences`; each kind of change is put into the engine's terms here. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q

from awards import policy
from awards.amendment_bench import amendment_bench
from awards.award_queries import Bars, Computed, Ground, compute_award, ground_of, with_choices
from awards.models.scheme import Kind
from awards.money import format_yuan
from awards.trial_ground import ground_after, ground_before
from bonuses import policy as papers
from bonuses import queries as paper_queries
from bonuses.models import Adjustment, AdjustmentState, Finding, Veto
from office.fields import to_units
from office.ports import Change, Move
from scoring import sheets
from scoring.engine import changes as trials
from scoring.engine.numbers import format_points
from scoring.engine.ranking import places_of
from scoring.engine.sheet import BlockStanding, MissingDecision, MissingHow
from scoring.engine.standing import compute
from scoring.models import Cell, MajorItem
from scoring.trial_bench import Bench
from scoring.trial_queries import Trial as StepsRun
from scoring.trial_queries import run
from scoring.trial_steps import read
from units.models import Cycle


@dataclass(slots=True)
class Trial:
    """One change in the engine's terms."""

    changes: dict[int, list[trials.Change]] = field(default_factory=dict)  # block → what differs
    decisions: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)  # missing cells
    bars: Callable[[Bars], Bars] | None = None
    sums: Mapping[int, papers.Sum] = field(default_factory=dict)  # unit → what its papers would come to
    joins_tracks: bool = False  # R10, for the sums

    def add(self, block_id: int, change: trials.Change) -> None:
        self.changes.setdefault(block_id, []).append(change)

    @property
    def blocks(self) -> set[int]:
        return set(self.changes) | set(self.decisions)


def consequences(change: Change) -> tuple[Move, ...]:
    """The port: every unit whose score, place, eligibility or award would change, in the plan's order.

    What names nothing of the year, or could not be stored at all, moves nothing.
    """
    if change.kind == "steps" and "bench" in change.what:
        return _moves_of_steps(change.what["bench"], change.what)
    cycle: Cycle | None = change.what.get("cycle")  # loaded with its readings by the asker
    if cycle is None:
        cycle = Cycle.objects.filter(pk=change.cycle_id).prefetch_related("readings").first()
    if cycle is None:
        return ()
    if change.kind == "steps":
        return _moves_of_steps(amendment_bench(cycle), change.what)
    return moves_of(cycle, TRIALS[change.kind](cycle, change.what))


def moves_of(cycle: Cycle, trial: Trial) -> tuple[Move, ...]:
    """What the trial would move against what is stored."""
    if not trial.blocks and trial.bars is None and not trial.sums:
        return ()
    before = ground_of(cycle)
    return compare(before, _after(before, trial))


def _moves_of_steps(year: Bench, what: Mapping[str, Any]) -> tuple[Move, ...]:
    """steps: their written forms; bench and trial: the year and the run, where the asker has them already."""
    steps = [read(text) for text in what["steps"]]
    tried: StepsRun = what.get("trial") or run(year, steps)
    steps = [step for step in steps if step not in tried.lost]
    before = ground_before(year, tried)
    return compare(before, ground_after(before, year, tried, steps))


def _after(before: Ground, trial: Trial) -> Ground:
    standings = dict(before.standings)
    not_involved = set(before.facts.not_involved)
    touched = [block for block in before.blocks if block.pk in trial.blocks]
    for pk, sheet in sheets.named_sheets(touched).items():
        changed = trials.apply_changes(sheet, trial.changes.get(pk, ()))
        for sub_item, member, how in trial.decisions.get(pk, ()):
            kept = [d for d in changed.decisions if (d.sub_item_key, d.unit_key) != (sub_item, member)]
            if how:
                kept.append(MissingDecision(sub_item, member, MissingHow(how)))
            changed = replace(changed, decisions=tuple(kept))
        standings[pk] = compute(changed)
        not_involved = {key for key in not_involved if key not in changed.cells} | {
            key for key, cell in changed.cells.items() if cell.not_involved and not cell.proposed
        }
    for block in before.blocks:
        if trial.sums and (trial.joins_tracks or not block.is_track) and block.pk in standings:
            standings[block.pk] = _summed_anew(standings[block.pk], before, trial.sums)
    facts = replace(before.facts, not_involved=frozenset(not_involved))
    after = replace(before, standings=standings, facts=facts)
    return after if trial.bars is None else _barred_anew(after, trial.bars(before.bars))


def _summed_anew(standing: BlockStanding, ground: Ground, sums: Mapping[int, papers.Sum]) -> BlockStanding:
    """The same marks with other sums of papers: no mark moves, so the finals and their places are enough."""
    rows = []
    for row in standing.rows:
        total = sums.get(ground.unit_of.get(row.unit_key, 0))
        if total is not None:
            plus, minus, more = (
                to_units(amount, standing.places)
                for amount in (total.commendations, total.criticisms, total.rewards)
            )
            final = row.preliminary + plus - minus + more
            row = replace(row, commendations=plus, criticisms=minus, rewards=more, final=final)
        rows.append(row)
    ranks = places_of([row.final for row in rows])
    return replace(
        standing, rows=tuple(replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True))
    )


def _barred_anew(ground: Ground, bars: Bars) -> Ground:
    """The same ground with other bars in force: facts for the awards, marks on the rows."""
    was = _barred_units(ground.bars, ground.choices.veto_bars)
    now = _barred_units(bars, ground.choices.veto_bars)
    standings: dict[int, BlockStanding] = {}
    for pk, standing in ground.standings.items():
        rows = []
        for row in standing.rows:
            unit = ground.unit_of.get(row.unit_key)
            member = ground.facts.members.get(row.unit_key)
            if member is not None and (unit in was) != (unit in now):
                row = replace(row, eligible=member.takes_awards and unit not in now)
            rows.append(row)
        standings[pk] = replace(standing, rows=tuple(rows))
    return with_choices(replace(ground, bars=bars, standings=standings), ground.choices)


def _barred_units(bars: Bars, reading: str) -> set[int]:
    default = papers.EFFECT_OF_READING[reading]
    vetoed = {
        unit
        for unit, level, veto_field, years in bars.vetoes
        if papers.bars(level, bars.fields.get(veto_field, default), years)
    }
    return vetoed | set(bars.findings)


# Comparing ---------------------------------------------------------------------------------------


def compare(before: Ground, after: Ground) -> tuple[Move, ...]:
    """Every unit that differs, block by block in the plan's order, then award by award.  No query."""
    moves: list[Move] = []
    touched: set[int] = set()
    for block in before.blocks:
        old, new = before.standings.get(block.pk), after.standings.get(block.pk)
        if old is None or new is None or old is new or old.rows == new.rows:
            continue
        touched.add(block.pk)
        moves += _block_moves(old, new)
    return (*moves, *award_moves(before, after, touched))


def award_moves(before: Ground, after: Ground, touched: Collection[int]) -> tuple[Move, ...]:
    """Who would gain or lose an award, or a prize of another amount, and what that makes of the year's money."""
    everywhere = before.bars != after.bars or before.facts.bases != after.facts.bases
    moves: list[Move] = []
    for scheme in before.schemes:
        if scheme.kind == Kind.INDIVIDUAL:
            continue
        amounts = any(prize.pk in after.amounts for prize in scheme.prizes.all())
        if everywhere or amounts or not {block.pk for block in scheme.blocks.all()}.isdisjoint(touched):
            moves += _award_moves(compute_award(before, scheme), compute_award(after, scheme))
    totals = [
        sum(
            prize.count * ground.amount_of(prize)
            for scheme in ground.schemes
            for prize in scheme.prizes.all()
        )
        for ground in (before, after)
    ]
    if totals[0] != totals[1]:
        moves.append(Move("", "budget", format_yuan(totals[0]), format_yuan(totals[1])))
    return tuple(moves)


def _block_moves(old: BlockStanding, new: BlockStanding) -> Iterator[Move]:
    rows = {row.unit_key: row for row in new.rows}
    for was in sorted(old.rows, key=lambda row: row.order):
        now = rows.get(was.unit_key)
        if now is None:
            continue
        pairs: list[tuple[str, str, str]] = []
        if was.final != now.final:
            pairs.append(
                ("final", format_points(was.final, old.places), format_points(now.final, old.places))
            )
        if was.rank != now.rank:
            pairs.append(("rank", str(was.rank), str(now.rank)))
        if was.eligible != now.eligible:
            pairs.append(("eligible", _yes(was.eligible), _yes(now.eligible)))
        for aspect, before, after in pairs:
            yield Move(was.unit, aspect, before, after, old.block)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _award_moves(old: Computed, new: Computed) -> Iterator[Move]:
    had, has = _grades(old.proposal), _grades(new.proposal)
    for key in sorted(had.keys() | has.keys(), key=lambda key: (key[0], key[1])):
        before, after = had.get(key, ""), has.get(key, "")
        if before != after:
            yield Move(key[1], "award", before, after, old.scheme.name)
    sums = {one: money for one, money in _sums(old.proposal).items() if one in has}
    for key, amount_fen in _sums(new.proposal).items():
        if key in sums and sums[key] != amount_fen and had.get(key) == has.get(key):
            yield Move(key[1], "prize", format_yuan(sums[key]), format_yuan(amount_fen), old.scheme.name)


def _grades(proposal: policy.Proposal) -> dict[tuple[int, str], str]:
    """(order, unit) → its grade; "held" while a tie at a prize is not settled."""
    found: dict[tuple[int, str], str] = {}
    for line in proposal.lines:
        if line.outcome is policy.Outcome.WINS:
            found[line.contender.order, line.contender.unit] = line.grade
        elif line.outcome is policy.Outcome.HELD:
            found[line.contender.order, line.contender.unit] = "held"
    return found


def _sums(proposal: policy.Proposal) -> dict[tuple[int, str], int]:
    return {(line.contender.order, line.contender.unit): line.amount_fen for line in proposal.winners}


# Kinds of changes --------------------------------------------------------------------------------


def _cell(cycle: Cycle, pk: int) -> Cell | None:
    return Cell.objects.filter(pk=pk, block__cycle=cycle).first()


def _score(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """cell, kind, points (text or None: the score is taken away)."""
    trial, cell = Trial(), _cell(cycle, what["cell"])
    if cell is None or what["kind"] not in {"lead", "preliminary", "onsite"}:
        return trial
    points = None
    if what["points"] is not None:
        try:
            points = to_units(Decimal(what["points"]), cycle.places)
        except ValueError:
            return trial
    trial.add(cell.block_id, trials.ScoreChange(cell.membership_id, cell.sub_item_id, what["kind"], points))
    return trial


def _not_involved(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """cell, state: confirmed, proposed, or "" for involved."""
    trial, cell = Trial(), _cell(cycle, what["cell"])
    if cell is not None:
        state = what["state"]
        trial.add(
            cell.block_id,
            trials.InvolvementChange(
                cell.membership_id, cell.sub_item_id, state == "confirmed", state == "proposed"
            ),
        )
    return trial


def _missing(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """cell, how: mean, zero, or "" for undecided."""
    trial, cell = Trial(), _cell(cycle, what["cell"])
    if cell is not None:
        trial.decisions[cell.block_id] = [(cell.sub_item_id, cell.membership_id, what["how"])]
    return trial


def _papers(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """counts: adjustments that would count; drops: adjustments that would no longer; rules, where known."""
    counts, drops = set(what.get("counts", ())), set(what.get("drops", ()))

    def listed(rows: Sequence[Adjustment]) -> list[papers.Paper]:
        kept = [
            row
            for row in rows
            if row.pk in counts or (row.state == AdjustmentState.VERIFIED and row.pk not in drops)
        ]
        return [paper_queries.paper_of(row) for row in kept]

    return _other_sums(cycle, counts | drops, listed, what.get("rules"))


def _matter(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """papers: adjustments that would belong to `matter`, an id, None, or ports.NEW."""
    moved = set(what["papers"])

    def listed(rows: Sequence[Adjustment]) -> list[papers.Paper]:
        found = [paper_queries.paper_of(row) for row in rows if row.state == AdjustmentState.VERIFIED]
        return [replace(p, matter=what["matter"]) if p.key in moved else p for p in found]

    return _other_sums(cycle, moved, listed)


def _other_sums(
    cycle: Cycle,
    named: set[int],
    listed: Callable[[Sequence[Adjustment]], list[papers.Paper]],
    rules: paper_queries.Rules | None = None,
) -> Trial:
    """What other lists of papers come to for the units they are about.  One query, four without the rules."""
    of_year = Adjustment.objects.filter(membership__block__cycle=cycle)
    rows = of_year.filter(
        Q(pk__in=named)
        | Q(state=AdjustmentState.VERIFIED, unit__in=of_year.filter(pk__in=named).values("unit"))
    )
    by_unit: dict[int, list[Adjustment]] = {}
    for row in rows.order_by("pk"):
        by_unit.setdefault(row.unit_id, []).append(row)
    if not by_unit:
        return Trial()
    rules = rules or paper_queries.rules_of(cycle)
    sums = {unit: papers.count(listed(of_unit), rules.tariff) for unit, of_unit in by_unit.items()}
    return Trial(sums=sums, joins_tracks=rules.joins_tracks)


def _bar(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """veto or finding: its id; in_force: whether it would be."""
    if "finding" in what:
        finding = Finding.objects.filter(pk=what["finding"], cycle=cycle).first()
        if finding is None:
            return Trial()
        unit = finding.unit_id

        def with_finding(bars: Bars) -> Bars:
            others = bars.findings - {unit}
            return replace(bars, findings=others | {unit} if what["in_force"] else others)

        return Trial(bars=with_finding)
    veto = Veto.objects.filter(pk=what["veto"], cycle=cycle).first()
    if veto is None:
        return Trial()
    line = (veto.unit_id, str(veto.level), veto.field, 0)

    def with_veto(bars: Bars) -> Bars:
        kept = list(bars.vetoes)
        if what["in_force"]:
            kept.append(line)
        elif line in kept:
            kept.remove(line)
        return replace(bars, vetoes=tuple(kept))

    return Trial(bars=with_veto)


def _weights(cycle: Cycle, what: Mapping[str, Any]) -> Trial:
    """weights: item id → points as text."""
    trial = Trial()
    wanted = {int(pk): Decimal(points) for pk, points in what["weights"].items()}
    for item in MajorItem.objects.filter(pk__in=wanted, block__cycle=cycle):
        trial.add(item.block_id, trials.WeightChange(item.pk, to_units(wanted[item.pk], cycle.places)))
    return trial


TRIALS: dict[str, Callable[[Cycle, Mapping[str, Any]], Trial]] = {
    "score": _score,
    "not-involved": _not_involved,
    "missing": _missing,
    "papers": _papers,
    "matter": _matter,
    "bar": _bar,
    "weights": _weights,
}
