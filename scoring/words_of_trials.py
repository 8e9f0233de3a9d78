"""Puts the steps of a trial and the reasons of a move into words: page, comparison and workbook say them alike.

The figures are those of scoring.trial_queries and scoring.engine.causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses.models import Adjustment, Finding, TariffLine, Veto
from office.fields import format_points, from_units
from scoring import amended_scores
from scoring.engine.causes import Cause, CauseKind, Comparison
from scoring.engine.sheet import CellEntry
from scoring.models import ScoreKind
from scoring.trial_bench import Bench, bar_key
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    InvolvedStep,
    LiftStep,
    LookStep,
    MissingStep,
    NewPaperStep,
    PaperStep,
    PoolStep,
    PrizeStep,
    ScoreStep,
    Step,
    SuspendStep,
    TariffStep,
    VetoStep,
    WeightStep,
    WordsStep,
)
from scoring.words import short

MOST_NAMES = 4


def say(bench: Bench, step: Step) -> str:
    """One step with what stands there today: 青山乡 · 信访 初评 90 → 95."""
    match step:
        case ScoreStep(member, sub, kind, points):
            before = _stored(bench.sheets[bench.block_of_sub[sub]].cell(member, sub), kind)
            return _("%(unit)s · %(sub)s, %(kind)s: %(before)s → %(after)s") % {
                "unit": bench.members[member].unit.name,
                "sub": bench.sub_item(sub)[1].name,
                "kind": ScoreKind(kind).label,
                "before": "—" if before is None else short(before, bench.places),
                "after": _("none") if points is None else format_points(points),
            }
        case InvolvedStep(member, sub, not_involved):
            words = _("%(unit)s · %(sub)s: not involved, the mean counts")
            if not not_involved:
                words = _("%(unit)s · %(sub)s: involved, the own scores count")
            return words % _cell(bench, member, sub)
        case MissingStep(member, sub, how):
            words = _("%(unit)s · %(sub)s, missing: the mean of the others counts")
            if how == "zero":
                words = _("%(unit)s · %(sub)s, missing: counts as zero")
            elif how == "undecided":
                words = _("%(unit)s · %(sub)s, missing: open again")
            return words % _cell(bench, member, sub)
        case SuspendStep(sub, suspended):
            words = _("%(sub)s: left out for the whole of %(block)s")
            if not suspended:
                words = _("%(sub)s: counts again in %(block)s")
            return words % {"sub": bench.sub_item(sub)[1].name, "block": _block_of_sub(bench, sub)}
        case LookStep(sub, visit):
            words = _("%(sub)s (%(block)s): only an on-site score counts")
            if not visit:
                words = _("%(sub)s (%(block)s): preliminary and lead scores count as well")
            return words % {"sub": bench.sub_item(sub)[1].name, "block": _block_of_sub(bench, sub)}
        case WeightStep(item, points):
            rule = bench.item(item)
            return _("Weight of %(item)s (%(block)s): %(before)s → %(after)s") % {
                "item": rule.name,
                "block": bench.sheets[bench.block_of_item[item]].block,
                "before": short(rule.weight, bench.places),
                "after": format_points(points),
            }
        case BaseStep() | FloorStep() | IndicatorStep() | WordsStep() | PrizeStep():
            return _rule(bench, step)
        case TariffStep(line, points):
            row = bench.lines[line]
            return _("Tariff, %(line)s: %(before)s → %(after)s") % {
                "line": line_words(row),
                "before": format_points(row.points),
                "after": format_points(points),
            }
        case PoolStep(pool, cap):
            return _("Cap of %(pool)s: %(before)s → %(after)s") % {
                "pool": bench.pools[pool].name,
                "before": format_points(bench.pools[pool].cap),
                "after": format_points(cap),
            }
        case NewPaperStep():
            return _new_paper(bench, step)
        case PaperStep(adjustment, counted):
            words = _("Counted although it waits: %(paper)s")
            if not counted:
                words = _("Left out: %(paper)s")
            return words % {"paper": paper_words(bench.adjustments[adjustment])}
        case VetoStep(unit, field):
            return _("Veto for %(unit)s: %(field)s") % {"unit": _unit(bench, unit), "field": field}
        case LiftStep(what, key):
            bar = next(b for bars in bench.bars.values() for b in bars if bar_key(b) == (what, key))
            return _("Lifted: %(bar)s") % {"bar": bar_words(bench, bar)}
    return ""


def say_all(bench: Bench, steps: Sequence[Step]) -> list[str]:
    """Every step, and what follows of itself: the base of an item, scores that deductions explain."""
    said = [say(bench, step) for step in steps]
    more: dict[int, Decimal] = {}
    for step in steps:
        if isinstance(step, BaseStep):
            item, sub = bench.sub_item(step.sub_item)
            more[item.key] = more.get(item.key, Decimal(0)) + step.points - bench.points(sub.base)
    for key, points in more.items():
        item = bench.item(key)
        if points:
            said.append(
                _("With them the base of %(item)s (%(block)s): %(before)s → %(after)s")
                % {
                    "item": item.name,
                    "block": bench.sheets[bench.block_of_item[key]].block,
                    "before": short(item.base, bench.places),
                    "after": format_points(bench.points(item.base) + points),
                }
            )
    recounted = amended_scores.recounts(bench, steps)
    if recounted:
        said.append(
            _("%(count)d scores that deductions explain are counted anew from the amended base")
            % {"count": len(recounted)}
        )
    return said


def _rule(bench: Bench, step: BaseStep | FloorStep | IndicatorStep | WordsStep | PrizeStep) -> str:
    match step:
        case BaseStep(sub, points):
            rule = bench.sub_item(sub)[1]
            return _("Base of %(sub)s (%(block)s): %(before)s → %(after)s") % {
                "sub": rule.name,
                "block": _block_of_sub(bench, sub),
                "before": short(rule.base, bench.places),
                "after": format_points(points),
            }
        case FloorStep(sub, floor, words):
            rule = bench.sub_item(sub)[1]
            return _("Floor of %(sub)s (%(block)s): %(before)s → %(after)s") % {
                "sub": rule.name,
                "block": _block_of_sub(bench, sub),
                "before": short(rule.floor, bench.places),
                "after": _("nothing below 0") if floor is None else f"{format_points(floor)}（{words}）",
            }
        case IndicatorStep(indicator, points):
            one = bench.indicators[indicator]
            return _("Base of the indicator %(name)s (%(sub)s): %(before)s → %(after)s") % {
                "name": one.name,
                "sub": bench.sub_item(one.sub_item_id)[1].name,
                "before": format_points(one.base_points),
                "after": format_points(points),
            }
        case WordsStep(indicator, words):
            one = bench.indicators[indicator]
            return _("Text of the indicator %(name)s (%(sub)s): “%(before)s” → “%(after)s”") % {
                "name": one.name,
                "sub": bench.sub_item(one.sub_item_id)[1].name,
                "before": one.rule_text or "—",
                "after": words,
            }
        case PrizeStep(prize, amount_fen):
            line = bench.prizes[prize]
            return _("%(award)s, %(grade)s, each: %(before)s → %(after)s yuan (%(count)d places)") % {
                "award": line.award,
                "grade": line.grade,
                "before": _yuan(line.amount_fen),
                "after": _yuan(amount_fen),
                "count": line.count,
            }


def _yuan(amount_fen: int) -> str:
    return format_points(Decimal(amount_fen).scaleb(-2))


def _new_paper(bench: Bench, step: NewPaperStep) -> str:
    if step.line is None:
        pool = bench.pools[step.pool or 0]
        return _("%(unit)s: %(points)s reward points of %(pool)s") % {
            "unit": _unit(bench, step.unit),
            "points": format_points(step.listed or Decimal(0)),
            "pool": pool.name,
        }
    return _("%(unit)s: a new paper, %(line)s, %(scope)s") % {
        "unit": _unit(bench, step.unit),
        "line": line_words(bench.lines[step.line]),
        "scope": step.scope,
    }


def line_words(line: TariffLine) -> str:
    """表彰·省直部门, with its scope where the tariff prices that by itself."""
    parts = [line.kind, line.level] + ([line.scope] if line.scope != "综合" else [])
    return "·".join(part for part in parts if part)


def paper_words(row: Adjustment) -> str:
    return f"{row.unit.name} · {row.kind} · {row.document}"


def bar_words(bench: Bench, bar: Veto | Finding) -> str:
    unit = _unit(bench, bar.unit_id)
    if isinstance(bar, Veto):
        return f"{unit} · {bar.field} {bar.level}"
    return f"{unit} · {_('misconduct')} {bar.on:%Y-%m-%d}"


def _stored(cell: CellEntry, kind: str) -> int | None:
    return {"lead": cell.lead, "preliminary": cell.preliminary, "onsite": cell.onsite}[kind]


def _cell(bench: Bench, member: int, sub: int) -> dict[str, str]:
    return {"unit": bench.members[member].unit.name, "sub": bench.sub_item(sub)[1].name}


def _block_of_sub(bench: Bench, sub: int) -> str:
    return bench.sheets[bench.block_of_sub[sub]].block


def _unit(bench: Bench, unit: int) -> str:
    return next(str(m.unit.name) for m in bench.members.values() if m.unit_id == unit)


# Reasons -------------------------------------------------------------------------------------------


def reasons(found: Comparison, places: int) -> list[str]:
    """Why the unit moves, its own figures first, then who passed it or whom it passes."""
    said = [say_cause(cause, places) for cause in found.causes]
    if found.eligibility_moves:
        said.append(_("may win awards again") if found.after.eligible else _("may win no award any more"))
    if found.is_untouched:
        said.append(_("none of its own figures changes"))
    if found.passed_by:
        said.append(_("passed by %(units)s") % {"units": _names(found.passed_by)})
    if found.passes:
        said.append(_("passes %(units)s") % {"units": _names(found.passes)})
    return said


def say_cause(cause: Cause, places: int) -> str:
    """One figure that changed and what it does to the final score."""
    figures = {
        "item": cause.name,
        "before": short(cause.before, places),
        "after": short(cause.after, places),
        "effect": _signed(cause.effect, places),
    }
    match cause.kind:
        case CauseKind.OWN_BASE:
            return _("%(item)s, own base score %(before)s → %(after)s: %(effect)s") % figures
        case CauseKind.WEIGHT:
            return _("weight of %(item)s %(before)s → %(after)s: %(effect)s") % figures
        case CauseKind.FIRST:
            return _("the first of %(item)s %(before)s → %(after)s: %(effect)s") % figures
        case CauseKind.COMMENDATIONS:
            return _("commendations %(before)s → %(after)s: %(effect)s") % figures
        case CauseKind.CRITICISMS:
            return _("criticisms %(before)s → %(after)s: %(effect)s") % figures
        case CauseKind.REWARDS:
            return _("reward points %(before)s → %(after)s: %(effect)s") % figures
    return ""


def award_words(grade: str) -> str:
    """A grade of an award as the port tells it: nothing, a tie that holds it, or its name."""
    if grade == "held":
        return _("tie, held")
    return grade or _("none")


def _signed(units: int, places: int) -> str:
    sign = "+" if units > 0 else "−" if units < 0 else "±"
    return f"{sign}{from_units(abs(units), places):f}"


def _names(units: tuple[str, ...]) -> str:
    named = "、".join(units[:MOST_NAMES])
    if len(units) <= MOST_NAMES:
        return named
    return _("%(names)s and %(more)d more") % {"names": named, "more": len(units) - MOST_NAMES}
