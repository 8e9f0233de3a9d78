"""Years ready to be heard, handed over or published: the cast's small one and the shipped plan, all cells scored.

What is right about them is said by the tests.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from awards.actions import approval
from awards.models import Draft
from office import audit
from office.fields import format_points
from office.models import User
from scoring.models import Cell, Look, Score, ScoreKind
from tests.cast import Cast
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle, Reading
from units.readings import QUESTIONS
from units.signals import announce_stale, once_per_block
from units.stages import Stage


def score_every_cell(cycle: Cycle) -> None:
    """Give every cell without a counted score one, spread by its number; decide every reading so that nothing holds."""
    person = User.objects.get(username="office1")
    now = timezone.now()
    made = []
    with transaction.atomic(), once_per_block():
        empty = Cell.objects.filter(block__cycle=cycle).exclude(involvement="confirmed")
        for number, cell in enumerate(empty.order_by("pk").select_related("sub_item", "membership__unit")):
            kind = ScoreKind.ONSITE if cell.sub_item.look == Look.ONSITE else ScoreKind.PRELIMINARY
            if cell.scores.filter(kind=kind).exists():
                continue
            points = cell.sub_item.base_points * Decimal(100 - number * 13 % 29) / 100
            made.append(
                Score(
                    cell=cell,
                    kind=kind,
                    points=points.quantize(Decimal("0.01")),
                    entered_by=person,
                    entered_at=now,
                    by_office=True,
                )
            )
        Score.objects.bulk_create(made)
        for score in made:
            audit.record(
                hat_for(person, Role.OFFICE, cycle),
                "score.recorded",
                score.cell,
                cycle_code=cycle.code,
                kind=str(score.kind),
                before=None,
                after=format_points(score.points),
            )
        Cell.objects.filter(block__cycle=cycle, involvement="proposed").update(involvement="rejected")
        for question in QUESTIONS:
            choice = cycle.rounding if question.code == "R1" else question.shipped
            decided = {"choice": choice, "decided_by": person, "decided_at": now, "reason": "按方案"}
            Reading.objects.update_or_create(cycle=cycle, code=question.code, defaults=decided)
        for block in cycle.blocks.all():
            announce_stale(block.pk)


def hats(cycle: Cycle, role: Role, *names: str) -> list[Hat]:
    return [hat_for(User.objects.get(username=name), role, cycle) for name in names]


def ready(cast: Cast) -> Cast:
    """The cast's year at results, nothing missing."""
    score_every_cell(cast.cycle)
    return cast.at(Stage.RESULTS)


def approved(cast: Cast) -> list[Draft]:
    """Handed over and approved by both members, ready to publish."""
    ready(cast)
    drafts = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)
    for draft in drafts:
        for leader in ("leader1", "leader2"):
            approval.approve(by=cast.hat(leader), draft_id=draft.pk, digest=draft.digest)
    cast.cycle.refresh_from_db()
    return drafts
