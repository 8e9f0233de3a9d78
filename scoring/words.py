"""Puts the engine's trace into words: one sentence per step, for page, call page and letter alike.

The figures are the engine's; who typed them and on what paper is looked up in scoring.unit_facts.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from office.audit import details_of
from office.fields import format_points
from office.models import AuditEntry
from scoring.engine.numbers import format_points as fixed
from scoring.engine.numbers import half_up_fraction
from scoring.engine.steps import CellStep, GapStep, ItemTrace, Trace, Why
from scoring.models import ScoreKind


def points(units: int, places: int) -> str:
    """Fixed decimals, as printed."""
    return fixed(units, places)


def short(units: int, places: int) -> str:
    """Without closing zeros, for weights and bases."""
    return format_points(Decimal(units).scaleb(-places))


def formula(item: ItemTrace, places: int) -> str:
    """120 × 96.50 ÷ 98.00 = 118.16"""
    step = item.weighted
    if step.kind == "first-is-zero":
        return _("the first has 0: %(weighted)s") % {"weighted": points(step.weighted, places)}
    sign = "=" if step.exact.denominator == 1 and step.exact == step.weighted else "≈"
    return (
        f"{short(step.weight, places)} × {points(step.own, places)} ÷ {points(step.first, places)} "
        f"{sign} {points(step.weighted, places)}"
    )


def sum_line(trace: Trace) -> str:
    """951.20 + 50.00 − 5.00 + 12.50 = 1008.70, without additions that are zero; nothing when all are."""
    places = trace.places
    parts = [points(trace.final.preliminary, places)]
    for step in trace.final.adjustments:
        if step.amount:
            parts.append(f"{'+' if step.amount > 0 else '−'} {points(abs(step.amount), places)}")
    if len(parts) == 1:
        return ""
    return f"{' '.join(parts)} = {points(trace.final.final, places)}"


def why_cell(step: CellStep, places: int) -> str:
    """Why this score counts, or why there is none."""
    sentences = {
        Why.ONSITE_REPLACES: _("The on-site score counts; it replaces the preliminary one."),
        Why.VISIT_REQUIRED: _("Only an on-site score may count here."),
        Why.MIXED: _("Preliminary and on-site score are mixed."),
        Why.PRELIMINARY_STANDS: _("The preliminary score counts; nobody has scored on site."),
        Why.LEAD_STANDS: _("The lead body's score counts until the review."),
        Why.DECIDED_ZERO: _("Missing; the leading group decided that it counts as 0."),
        Why.SUSPENDED: _("The leading group left this sub-item out for the whole block."),
        Why.PROPOSED: _("“Not involved” is proposed; until it is decided the cell is missing."),
        Why.NOT_VISITED: _("Missing: only an on-site score may count, and nobody has visited yet."),
        Why.NOBODY_SCORED: _("Not involved, but nobody else has a score to average."),
        Why.NO_SCORE: _("Missing: nobody has scored yet."),
    }
    if step.why in {Why.NOT_INVOLVED, Why.DECIDED_MEAN} and step.mean is not None:
        mean = step.mean
        if step.why is Why.DECIDED_MEAN:
            return _(
                "Missing; the leading group decided on the mean of the others: %(sum)s ÷ %(count)d = %(mean)s."
            ) % {
                "count": len(mean.scorers),
                "sum": points(mean.sum, places),
                "mean": points(mean.mean, places),
            }
        return ngettext(
            "Not involved: the mean of %(count)d other unit, %(sum)s ÷ %(count)d = %(mean)s.",
            "Not involved: the mean of %(count)d other units, %(sum)s ÷ %(count)d = %(mean)s.",
            len(mean.scorers),
        ) % {
            "count": len(mean.scorers),
            "sum": points(mean.sum, places),
            "mean": points(mean.mean, places),
        }
    return sentences.get(step.why, "")


def gap_words(step: GapStep) -> tuple[str, str]:
    """What the gap is to, and to whom."""
    units = "、".join(step.units)
    labels = {
        "to-first": _("to the first"),
        "to-above": _("to the next place above"),
        "to-below": _("ahead of the next below"),
    }
    return labels[step.kind], _("place %(rank)d, %(units)s") % {"rank": step.rank, "units": units}


def why_place(trace: Trace) -> str:
    """One sentence: where the unit stands and which item did most for it, up and down."""
    places = trace.places

    def amount(value: Fraction) -> str:
        return fixed(half_up_fraction(abs(value)), places)

    if not trace.items:
        return _("Nothing has been scored yet.")
    best = max(trace.items, key=lambda item: item.above_mean)
    worst = min(trace.items, key=lambda item: item.above_mean)
    figures = {
        "unit": trace.unit,
        "rank": trace.final.rank,
        "best": best.item,
        "up": amount(best.above_mean),
        "worst": worst.item,
        "down": amount(worst.above_mean),
    }
    if best.above_mean > 0 and worst.above_mean < 0:
        return (
            _(
                "%(unit)s stands at place %(rank)d: %(best)s lies %(up)s points above the block's mean, %(worst)s %(down)s below it."
            )
            % figures
        )
    if best.above_mean > 0:
        return (
            _(
                "%(unit)s stands at place %(rank)d: no item lies below the block's mean; %(best)s leads it by %(up)s points."
            )
            % figures
        )
    if worst.above_mean < 0:
        return (
            _(
                "%(unit)s stands at place %(rank)d: no item lies above the block's mean; %(worst)s lacks most, %(down)s points."
            )
            % figures
        )
    return _("%(unit)s stands at place %(rank)d, exactly on the block's mean in every item.") % figures


def picture_note(trace: Trace) -> str:
    above = [i.item for i in trace.items if i.above_mean > 0]
    below = [i.item for i in trace.items if i.above_mean < 0]
    return _("Above the mean: %(above)s. Below: %(below)s.") % {
        "above": "、".join(above) or "—",
        "below": "、".join(below) or "—",
    }


def entry_words(entry: AuditEntry) -> str:
    """One log entry about a cell as a sentence."""
    details = details_of(entry)
    kinds = dict(ScoreKind.choices)
    kind = kinds.get(details.get("kind", ""), details.get("kind", ""))
    figures = {
        "kind": kind,
        "before": details.get("before") or "—",
        "after": details.get("after") or "—",
        "reason": details.get("reason") or "",
    }
    sentences = {
        "self.saved": _("%(kind)s: %(before)s → %(after)s %(reason)s"),
        "score.recorded": _("%(kind)s: %(before)s → %(after)s %(reason)s"),
        "score.cleared": _("%(kind)s %(before)s cleared: %(reason)s"),
        "not-involved.proposed": _("proposed “not involved”: %(reason)s"),
        "not-involved.confirmed": _("confirmed “not involved” %(reason)s"),
        "not-involved.rejected": _("rejected “not involved”: %(reason)s"),
        "not-involved.withdrawn": _("took “not involved” back: %(reason)s"),
    }
    return (sentences.get(entry.act, entry.act) % figures).strip()
