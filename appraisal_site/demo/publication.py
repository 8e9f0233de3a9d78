"""The demo year's last steps: readings decided, the hearing released, the result handed over and approved.

Called where the demo completes its year; the acts are those of awards.
"""

from __future__ import annotations

from django.utils import timezone

from awards import queries
from awards.actions import approval
from awards.models import Draft
from office.refusal import Refused
from units.hats import Hat
from units.models import Cycle, Reading
from units.readings import QUESTIONS
from units.signals import announce_stale, once_per_block
from units.stages import Stage

REASON = "演示年度，按方案原文"


def decide_readings(cycle: Cycle, by: Hat) -> None:
    """Give every undecided reading the shipped answer, so that none holds the approval."""
    with once_per_block():
        for question in QUESTIONS:
            reading, _made = Reading.objects.get_or_create(
                cycle=cycle,
                code=question.code,
                defaults={"choice": cycle.rounding if question.code == "R1" else question.shipped},
            )
            if reading.decided_at is None:
                reading.decided_by, reading.decided_at = by.user, timezone.now()
                reading.reason = reading.reason or REASON
                reading.save()
        for block in cycle.blocks.all():
            announce_stale(block.pk)


def release_hearing(cycle: Cycle, leader: Hat) -> list[Draft]:
    """The first result as the leading group heard it; the year stands at the hearing."""
    digest = queries.joint_digest(queries.everything_now(cycle))
    return approval.decide_hearing(by=leader, cycle=cycle, digest=digest, release=True)


def approve(cycle: Cycle, office: Hat, leaders: tuple[Hat, Hat]) -> list[Draft]:
    """Hand the result over and have two members approve it; the year stands at approval then.

    Raises Refused when the year does not stand at results or something decides a place and is open.
    """
    if cycle.stage_now is not Stage.RESULTS:
        raise Refused("not-at-results", f"{cycle.code}: {cycle.stage}")
    drafts = approval.hand_over(by=office, cycle=cycle)
    for draft in drafts:
        for leader in leaders:
            approval.approve(by=leader, draft_id=draft.pk, digest=draft.digest)
    cycle.refresh_from_db()
    return drafts
