"""Writing the steps of a change that came into force: rules, decided cells, and the scores that follow a rule.

Who may sign and what is refused is settled by awards.actions.rule_changes before.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import F, Model

from awards.models import PrizeLine
from bonuses.models import Pool, TariffLine
from office import audit
from office.fields import format_points
from scoring import amended_scores
from scoring.models import Cell, Indicator, Look, MajorItem, Score, SubItem
from scoring.trial_bench import Bench
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    LookStep,
    MissingStep,
    PoolStep,
    PrizeStep,
    Step,
    SuspendStep,
    TariffStep,
    WeightStep,
    WordsStep,
)
from units.hats import Hat
from units.models import Cycle


def apply(cycle: Cycle, step: Step, reason: str) -> None:
    """Write one step; rows of another year are never reached."""
    match step:
        case WeightStep(item, points):
            _set(MajorItem, item, {"block__cycle": cycle}, weight_points=points)
        case BaseStep(sub, points):
            _set_base(cycle, sub, points)
        case FloorStep(sub, floor, words):
            fields = {"floor_points": floor, "floor_text": words.strip() if floor is not None else ""}
            _set(SubItem, sub, {"item__block__cycle": cycle}, **fields)
        case IndicatorStep(indicator, points):
            _set(Indicator, indicator, {"sub_item__item__block__cycle": cycle}, base_points=points)
        case WordsStep(indicator, words):
            _set(Indicator, indicator, {"sub_item__item__block__cycle": cycle}, rule_text=words.strip())
        case SuspendStep(sub, suspended):
            _set(SubItem, sub, {"item__block__cycle": cycle}, suspended_reason=reason if suspended else "")
        case LookStep(sub, visit):
            _set(SubItem, sub, {"item__block__cycle": cycle}, look=Look.ONSITE if visit else Look.BOTH)
        case TariffStep(key, points):
            _set(TariffLine, key, {"cycle": cycle}, points=points)
        case PoolStep(key, cap):
            _set(Pool, key, {"cycle": cycle}, cap=cap)
        case PrizeStep(prize, amount_fen):
            _set(PrizeLine, prize, {"scheme__cycle": cycle}, amount_fen=amount_fen)
        case MissingStep(member, sub, how):
            cell = Cell.objects.get(membership=member, sub_item=sub, block__cycle=cycle)
            cell.missing_how = "" if how == "undecided" else how
            cell.missing_reason = reason if cell.missing_how else ""
            cell.version += 1
            cell.save(update_fields=["missing_how", "missing_reason", "version"])


def _set(model: type[Model], pk: int, of_year: dict[str, Cycle], **fields: object) -> None:
    """Saved row by row, so that the receivers of post_save hear of it."""
    row = model._default_manager.get(pk=pk, **of_year)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def _set_base(cycle: Cycle, sub_item: int, points: Decimal) -> None:
    """The base of a sub-item, and with it that of its item, which is their sum (§3)."""
    row = SubItem.objects.select_related("item").get(pk=sub_item, item__block__cycle=cycle)
    more = points - row.base_points
    row.base_points = points
    row.save(update_fields=["base_points"])
    row.item.base_points += more
    row.item.save(update_fields=["base_points"])


def recount_scores(year: Bench, steps: Sequence[Step]) -> list[amended_scores.Recount]:
    """Write every score that deductions explain as the amended rule gives it; `year` is the bench before.

    The log hears of each by tell_recounts, last, because its entries hold the chain.
    """
    found = amended_scores.recounts(year, steps)
    # Every cell of the rule counts as changed: whoever typed or read in a file by the old rule looks again.
    touched = amended_scores.amended_rules(year, steps)
    Cell.objects.filter(sub_item__in=touched).update(version=F("version") + 1)
    for one in found:
        Score.objects.filter(pk=one.score).update(points=one.after)
    return found


def tell_recounts(by: Hat, year: Bench, found: Sequence[amended_scores.Recount], reason: str) -> None:
    """The log's entries of recounted scores, in the words of every other score."""
    cells = {cell.pk: cell for cell in Cell.objects.filter(pk__in={one.cell for one in found})}
    latest: dict[int, int] = {}
    for one in found:
        # Two kinds of one cell are two entries, and no two entries of a cell share a version.
        latest[one.cell] = latest.get(one.cell, cells[one.cell].version - 1) + 1
        audit.record(
            by,
            "score.recorded",
            cells[one.cell],
            cycle_code=year.cycle.code,
            kind=one.kind,
            before=format_points(one.before),
            after=format_points(one.after),
            reason=reason,
            version=latest[one.cell],
        )
    for pk, version in latest.items():
        Cell.objects.filter(pk=pk).update(version=version)
