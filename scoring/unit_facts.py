"""One unit's sheet as a page shows it: the engine's trace joined with who scored, when, why and on what paper.

Used by the unit sheet, the call page and, later, the result letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bonuses import policy
from bonuses import queries as bonus_queries
from bonuses import words as bonus_words
from office import ports
from office.charts import Against, against_mean
from office.fields import from_units
from office.ports import Amendment
from scoring import queries, sheets, words
from scoring.engine.numbers import half_up_fraction
from scoring.engine.sheet import BlockStanding
from scoring.engine.steps import CellStep, ItemTrace, Trace
from scoring.engine.trace import trace
from scoring.models import Cell, Score, ScoreKind, SubItem
from scoring.result_letters import OthersMean, means_of_others
from units.models import Block, Membership

SOURCE_KIND = {"onsite": ScoreKind.ONSITE, "preliminary": ScoreKind.PRELIMINARY, "lead": ScoreKind.LEAD}


AMENDED: Mapping[str, Any] = {
    "weight": gettext_lazy("weight"),
    "item": gettext_lazy("base of the item"),
    "base": gettext_lazy("base"),
    "floor": gettext_lazy("floor"),
    "look": gettext_lazy("looked at"),
    "suspend": gettext_lazy("left out"),
}
AMENDED_OF_CELL = ("base", "floor", "look", "suspend")


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """Everything a reader of one unit's result may unfold."""

    membership: Membership
    standing: BlockStanding
    trace: Trace
    scores: dict[int, dict[str, Score]]  # sub-item id → kind → stored score
    cells: dict[int, Cell]  # sub-item id → cell
    leads: dict[int, str]
    others: dict[int, OthersMean]  # sub-item id → mean of the other units, where it reveals nobody
    amended: Mapping[str, Amendment]  # figures of the rules that come from an amendment


def facts_of(membership: Membership, block: Block) -> UnitFacts:
    """In a fixed number of queries; `block.cycle` should be loaded."""
    sheet = sheets.named_sheet(block)
    standing = queries.standing_of(block)
    found = trace(sheet, membership.pk, standing)
    scores: dict[int, dict[str, Score]] = {}
    stored = (
        Score.objects.filter(cell__membership=membership)
        .select_related("entered_by", "on_behalf_of", "paper", "cell")
        .prefetch_related("deductions")
    )
    for score in stored:
        scores.setdefault(score.cell.sub_item_id, {})[score.kind] = score
    return UnitFacts(
        membership=membership,
        standing=standing,
        trace=found,
        scores=scores,
        cells={
            cell.sub_item_id: cell
            for cell in Cell.objects.filter(membership=membership).select_related(
                "proposed_by", "involvement_decided_by"
            )
        },
        others=means_of_others(standing, membership.pk),
        amended=ports.amended(block.cycle_id),
        leads={
            pk: name or ""
            for pk, name in SubItem.objects.filter(item__block=block).values_list("pk", "lead__name")
        },
    )


def item_context(facts: UnitFacts, code: str, *, link_cells: bool, name_others: bool) -> list[dict[str, Any]]:
    """The unfolding items of scoring/unit_sheet.html; `name_others`: say who is first in an item."""
    items = [
        _item(facts, item, number, code, link_cells=link_cells)
        for number, item in enumerate(facts.trace.items)
    ]
    if not name_others:
        for item in items:
            item["best_unit"] = ""
    return items


def _item(facts: UnitFacts, item: ItemTrace, number: int, code: str, *, link_cells: bool) -> dict[str, Any]:
    places = facts.trace.places
    step = item.weighted
    return {
        "name": item.item,
        "weight": words.short(step.weight, places),
        "base": words.short(item.base.of, places),
        "score": from_units(item.base.base, places),
        "rank": step.rank,
        "shared": step.shared,
        "best": from_units(step.first, places),
        "best_unit": "、".join(step.first_units),
        "weighted": from_units(step.weighted, places),
        "formula": words.formula(item, places),
        "amended": _amended(facts, f"weight~{item.item_key}", f"item~{item.item_key}"),
        "missing": item.base.missing,
        "part": number % 10 + 1,
        "cells": [_cell(facts, cell, code, link_cells=link_cells) for cell in item.base.cells],
    }


def _amended(facts: UnitFacts, *targets: str) -> list[str]:
    """From which version of the rules the figures named come, in words."""
    found = {target: facts.amended[target] for target in targets if target in facts.amended}
    return [
        _("%(what)s by amendment %(number)d (before: %(before)s)")
        % {"what": AMENDED[target.partition("~")[0]], "number": one.number, "before": one.before}
        for target, one in found.items()
    ]


def _state(step: CellStep) -> str:
    if step.why.value in {"decided-mean", "decided-zero"}:
        return "decided"
    if step.why.value == "not-involved" and step.score is not None:
        return "mean"
    if step.why.value == "proposed":
        return "proposed"
    return "missing" if step.score is None else "scored"


def _cell(facts: UnitFacts, step: CellStep, code: str, *, link_cells: bool) -> dict[str, Any]:
    places = facts.trace.places
    kept = facts.scores.get(step.sub_item_key, {})
    counted = kept.get(SOURCE_KIND.get(str(step.source), ""))
    cell = facts.cells.get(step.sub_item_key)
    labels = dict(ScoreKind.choices)
    mean = facts.others.get(step.sub_item_key)
    return {
        "key": step.sub_item_key,
        "name": step.sub_item,
        "others_mean": mean.mean if mean is not None else None,
        "others_count": mean.count if mean is not None else 0,
        "base": words.short(step.base, places),
        "amended": _amended(facts, *(f"{what}~{step.sub_item_key}" for what in AMENDED_OF_CELL)),
        "score": None if step.score is None else from_units(step.score, places),
        "state": _state(step),
        "source_label": words.why_cell(step, places),
        "by": _by(counted) or _decided_by(cell, step),
        "at": counted.entered_at if counted else None,
        "lead": facts.leads.get(step.sub_item_key, ""),
        "others": [
            (labels[ScoreKind(kind)], score.points, _by(score))
            for kind, score in sorted(kept.items())
            if score is not counted
        ],
        "reason": _reason(counted, cell, step),
        "url": reverse("cell", args=[code, cell.pk]) if link_cells and cell else "",
        "lines": [
            {
                "points": line.points,
                "reason": line.reason,
                "paper": {"title": line.evidence, "number": "", "url": ""} if line.evidence else None,
            }
            for line in (counted.deductions.all() if counted else ())
        ],
    }


def _reason(counted: Score | None, cell: Cell | None, step: CellStep) -> str:
    if counted is not None:
        return counted.reason
    if cell is None:
        return ""
    return cell.missing_reason if _state(step) == "decided" else cell.involvement_reason


def _by(score: Score | None) -> str:
    if score is None:
        return ""
    who = str(score.entered_by)
    if score.on_behalf_of:
        return _("%(who)s for %(unit)s") % {"who": who, "unit": score.on_behalf_of.name}
    return _("%(who)s (appraisal office)") % {"who": who} if score.by_office else who


def _decided_by(cell: Cell | None, step: CellStep) -> str:
    """Who proposed and who confirmed that the sub-item does not involve the unit."""
    if cell is None or _state(step) not in {"mean", "proposed"}:
        return ""
    people = (cell.proposed_by, cell.involvement_decided_by)
    return " → ".join(str(person) for person in people if person is not None)


PAPERS_OF = {
    "commendations": (policy.COMMENDATION, policy.TOP_THREE),
    "criticisms": (policy.CRITICISM,),
    "rewards": (policy.REWARD,),
}
STEPS_OF = {
    "commendations": (policy.StepKind.COMMENDATIONS, policy.StepKind.CAP),
    "criticisms": (policy.StepKind.CRITICISMS,),
    "rewards": (policy.StepKind.POOL, policy.StepKind.CAP_WITH_REWARDS),
}


def addition_steps(facts: UnitFacts) -> list[dict[str, Any]]:
    """The three lines below the preliminary score, each with its sum and papers; those without papers are left out."""
    places = facts.trace.places
    labels = {
        "commendations": (_("Commendations"), _("Verified commendations, halved where due and capped.")),
        "criticisms": (_("Criticisms"), _("Verified circulars of criticism, one matter once.")),
        "rewards": (_("Reward points"), _("Listed by the leading groups, capped per project.")),
    }
    papers = bonus_queries.steps_of(facts.membership)
    code = facts.membership.block.cycle.code
    rows = []
    for step in facts.trace.final.adjustments:
        lines = papers.of(*PAPERS_OF[step.kind])
        if not step.amount and not lines:
            continue
        steps = [bonus_words.step(s) for s in papers.sum.steps if s.kind in STEPS_OF[step.kind]]
        rows.append(
            {
                "label": labels[step.kind][0],
                "points": from_units(step.amount, places),
                "sentence": "；".join(steps) or labels[step.kind][1],
                "clause": step.clause,
                "papers": [_paper(line, code) for line in lines],
                "counted": bool(step.amount),
            }
        )
    return rows


def _paper(line: bonus_queries.PaperLine, code: str) -> dict[str, Any]:
    document = line.document
    return {
        "title": document.title,
        "number": document.number,
        "issuer": document.source,
        "date": document.on,
        "url": reverse("paper", args=[code, document.pk]),
        "points": bonus_words.signed(line.worth),
        "what": "；".join(
            part for part in (bonus_words.what(line.adjustment), bonus_words.why(line.worth)) if part
        ),
    }


def strengths(facts: UnitFacts) -> Any:
    """The unit's items beside the mean of its block, as a picture."""
    places = facts.trace.places

    def rounded(value: Fraction) -> Decimal:
        return from_units(half_up_fraction(value), places)

    rows = [
        Against(
            name=item.item,
            own=from_units(item.weighted.weighted, places),
            mean=rounded(item.block_mean),
            full=from_units(item.weighted.weight, places),
        )
        for item in facts.trace.items
    ]
    return against_mean(
        rows, label=_("%(unit)s beside the mean of its block") % {"unit": facts.trace.unit}, places=places
    )


def deductions_of(facts: UnitFacts) -> Iterable[dict[str, Any]]:
    """Every counted deduction line with its sub-item, reason, paper and person, largest first."""
    lines = []
    for item in facts.trace.items:
        for step in item.base.cells:
            counted = facts.scores.get(step.sub_item_key, {}).get(SOURCE_KIND.get(str(step.source), ""))
            if counted is None:
                lines += _mixed_loss(facts, step)
                continue
            own = list(counted.deductions.all())
            lines += [
                {
                    "item": step.sub_item,
                    "points": line.points,
                    "reason": line.reason,
                    "paper": line.evidence,
                    "paper_url": "",
                    "by": _by(counted),
                }
                for line in own
            ]
            base = from_units(step.base, facts.trace.places)
            if not own and counted.points < base:
                lines.append(
                    {
                        "item": step.sub_item,
                        "points": base - counted.points,
                        "reason": counted.reason or _("no reason was recorded"),
                        "paper": "",
                        "paper_url": "",
                        "by": _by(counted),
                    }
                )
    return sorted(lines, key=lambda line: -line["points"])


def _mixed_loss(facts: UnitFacts, step: CellStep) -> list[dict[str, Any]]:
    """What a mix of two scores (R9) lacks to the base: it is nobody's single number."""
    if str(step.source) != "mix" or step.score is None or step.score >= step.base:
        return []
    return [
        {
            "item": step.sub_item,
            "points": from_units(step.base - step.score, facts.trace.places),
            "reason": words.why_cell(step, facts.trace.places),
            "paper": "",
            "paper_url": "",
            "by": "",
        }
    ]


def result_context(facts: UnitFacts, vetoed: str = "") -> dict[str, Any]:
    """The large figures on top of the sheet."""
    final, places = facts.trace.final, facts.trace.places
    amounts = {step.kind: from_units(abs(step.amount), places) for step in final.adjustments}
    row = next(r for r in facts.standing.rows if r.unit_key == facts.membership.pk)
    return {
        "final": from_units(final.final, places),
        "preliminary": from_units(final.preliminary, places),
        "commendations": amounts.get("commendations", Decimal(0)),
        "criticisms": amounts.get("criticisms", Decimal(0)),
        "rewards": amounts.get("rewards", Decimal(0)),
        "rank": final.rank,
        "shared": final.shared,
        "unit_count": len(facts.standing.rows),
        "provisional": facts.standing.provisional,
        "missing": row.missing,
        "vetoed": vetoed,
    }


def gap_lines(facts: UnitFacts) -> list[tuple[str, Decimal, str]]:
    return [
        (*words.gap_words(step)[:1], from_units(step.gap, facts.trace.places), words.gap_words(step)[1])
        for step in facts.trace.gaps
    ]
