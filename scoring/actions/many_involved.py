"""“Not involved” in bulk: several proposals at once, several decided at once.  All of them or none.

One cell at a time, and what each act asks, is in scoring.actions.scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring.actions import scores
from scoring.actions.many_scores import Mark, problems_refusal, record_many
from scoring.models import Cell, ScoreKind
from units.hats import Hat
from units.models import Cycle
from units.signals import once_per_block


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


def decide_many(*, by: Hat, cell_ids: Sequence[int], confirm: bool, reason: str = "") -> list[Cell]:
    """Confirm or reject several proposals as the second person; a rejection needs one reason for all.  §3."""
    require_ticked(cell_ids)
    with transaction.atomic(), once_per_block():
        return _each(
            sorted(set(cell_ids)),
            lambda pk: scores.decide_not_involved(by=by, cell_id=pk, confirm=confirm, reason=reason),
        )


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
