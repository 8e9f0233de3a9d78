"""“Not involved” in bulk: several proposals at once, all or none; several decided at once, with exceptions left out.

One cell at a time, and what each act asks, is in scoring.actions.scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring.actions import scores
from scoring.actions.many_scores import Mark, problems_refusal, record_many
from scoring.models import Cell, ScoreKind
from units.hats import Hat
from units.models import Cycle
from units.signals import once_per_block

# Refusals that are about the person or the year, not about one cell.
STOPS_ALL = frozenset({"not-permitted", "stage-closed", "no-reason"})


def _each(cell_ids: Sequence[int], act: Callable[[int], Cell]) -> list[Cell]:
    """Do it for every cell; raises Refused with the problem of each, 403 and 404 as they are."""
    done: list[Cell] = []
    problems: dict[int, str] = {}
    for pk in cell_ids:
        try:
            done.append(act(pk))
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            problems[pk] = refused.sentence
    if problems:
        raise problems_refusal(problems)
    return done


def require_ticked(cell_ids: Sequence[int]) -> None:
    if not cell_ids:
        raise Refused("nothing-ticked", _("Please tick at least one line."), status=422)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of many at once."""

    done: list[Cell]
    left: list[tuple[Cell, Refused]]  # and why


def decide_many(*, by: Hat, cells: Sequence[Cell], confirm: bool, reason: str = "") -> Decided:
    """Confirm or reject several proposals as the second person; what cannot be decided is left and says why.  §3.

    A rejection needs one reason for all. Raises Refused for what is about the person or the year, not one cell.
    """
    require_ticked([cell.pk for cell in cells])
    decided = Decided([], [])
    with transaction.atomic(), once_per_block():
        for cell in sorted(cells, key=lambda each: each.pk):
            try:
                with transaction.atomic():
                    decided.done.append(
                        scores.decide_not_involved(by=by, cell_id=cell.pk, confirm=confirm, reason=reason)
                    )
            except Refused as refused:
                if refused.code in STOPS_ALL:
                    raise
                decided.left.append((cell, refused))
    return decided


def mark_sub_item(
    *, by: Hat, cycle: Cycle, marks: Sequence[Mark], proposals: Mapping[int, str]
) -> tuple[list[Cell], list[Cell]]:
    """A lead's whole grid: its scores, and for the ticked cells a proposal of “not involved” with its reason.

    Returns the cells scored and those proposed.
    """
    with transaction.atomic(), once_per_block():
        scored = record_many(by=by, cycle=cycle, kind=ScoreKind.LEAD, marks=marks)
        proposed = _each(
            sorted(proposals),
            lambda pk: scores.propose_not_involved(by=by, cell_id=pk, reason=proposals[pk]),
        )
    return scored, proposed
