"""The office's desk: stand-ins, proposals, previews, missing cells, failed jobs, the next step of the year.

What must be ready before the step is laid down in appraisal_site.procedure.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import procedure
from appraisal_site.desk.pieces import FAILED_SINCE, SOON, Desk, Sight, percent, task
from appraisal_site.sections import way
from office.models import Job, JobState
from scoring import readiness
from scoring.models import RuleSource, SubItem
from units.actions.cycle import next_stage
from units.models import STAGE_LABELS, Unit
from units.permissions import may
from units.stages import Stage


def office(desk: Desk, sight: Sight) -> None:
    cycle, hat = sight.cycle, sight.hat
    stage = cycle.stage_now
    _stand_ins(desk, sight)
    _proposals(desk, sight, Q() & ~Q(proposed_by=hat.user))
    waiting = list(readiness.previews(cycle).values_list("file__name", flat=True))
    if waiting:
        desk.tasks.append(
            task(
                _("Workbooks to confirm"),
                _("Read but not taken in yet: %(names)s") % {"names": "、".join(readiness.naming(waiting))},
                sight.way("imports"),
                _("Confirm"),
                due=sight.until(stage),
                count=len(waiting),
            )
        )
    missing = readiness.missing_by_block(cycle)
    if stage.position >= Stage.PRELIMINARY_REVIEW.position and stage.position < Stage.PUBLISHED.position:
        for block in missing:
            if block.count:
                _missing_cells(desk, sight, block)
    failed = Job.objects.filter(
        state__in=[JobState.FAILED, JobState.LOST], created_at__gt=timezone.now() - FAILED_SINCE
    ).filter(Q(cycle_code=cycle.code) | Q(cycle_code=""))
    if count := failed.count():
        desk.tasks.append(
            task(
                _("Failed jobs"),
                _("The latest: %(title)s") % {"title": failed[0].title},
                way("jobs") or sight.way("year"),
                _("Look"),
                count=count,
            )
        )
    _move_on(desk, sight)
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct().count()
    cells = readiness.cells_asked(cycle).count()
    lacking = sum(block.count for block in missing)
    desk.tiles += [
        (_("Units appraised"), units, _("in %(count)d blocks") % {"count": len(missing)}),
        (_("Cells scored"), f"{cells - lacking} / {cells}", percent(cells - lacking, cells)),
        (_("Missing"), lacking, _("cells without a score")),
        (_("“Not involved” proposed"), readiness.proposals(cycle).count(), _("awaiting a second person")),
    ]


def _stand_ins(desk: Desk, sight: Sight) -> None:
    cycle = sight.cycle
    if not may("B04", sight.hat, cycle):
        return
    units = Unit.objects.filter(memberships__block__cycle=cycle, is_stand_in=True).distinct().count()
    rules = SubItem.objects.filter(item__block__cycle=cycle, source=RuleSource.STAND_IN).count()
    if units or rules:
        desk.tasks.append(
            task(
                _("Stand-in data to confirm"),
                _("%(units)d unit names and %(rules)d sub-items are stand-ins for what the plan leaves open.")
                % {"units": units, "rules": rules},
                sight.way("plan"),
                _("Confirm"),
                due=sight.until(Stage.SET_UP),
                count=units + rules,
            )
        )


def _proposals(desk: Desk, sight: Sight, whose: Q) -> None:
    if not may("E08", sight.hat, sight.cycle):
        return
    cells = list(
        readiness.proposals(sight.cycle).filter(whose).select_related("membership__unit", "sub_item", "block")
    )
    if cells:
        names = readiness.naming(f"{c.membership.unit.name} · {c.sub_item.name}" for c in cells)
        desk.tasks.append(
            task(
                _("“Not involved” to decide"),
                _("Proposed by somebody else: %(names)s") % {"names": "、".join(names)},
                sight.way("not-involved"),
                _("Decide"),
                due=sight.until(sight.cycle.stage_now),
                count=len(cells),
            )
        )


def _missing_cells(desk: Desk, sight: Sight, missing: readiness.Missing) -> None:
    items = "、".join(
        f"{name} {count}" for name, count in sorted(missing.by_sub_item.items(), key=lambda one: -one[1])[:3]
    )
    desk.tasks.append(
        task(
            _("Missing scores: %(block)s") % {"block": missing.block.name},
            ngettext(
                "%(count)d unit; most in %(items)s", "%(count)d units; most in %(items)s", len(missing.units)
            )
            % {"count": len(missing.units), "items": items},
            sight.way("matrix", name=missing.block.name),
            _("Fill"),
            due=sight.until(
                sight.cycle.stage_now
                if sight.cycle.stage_now.position <= Stage.ONSITE_REVIEW.position
                else Stage.ONSITE_REVIEW
            ),
            count=missing.count,
        )
    )


def _move_on(desk: Desk, sight: Sight) -> None:
    due = sight.until(sight.cycle.stage_now)
    following = next_stage(sight.cycle.stage_now)
    if due is None or following is None or due > timezone.now() + SOON:
        return
    lacks = procedure.lacks_before(sight.cycle, following)
    desk.tasks.append(
        task(
            _("Move the year on"),
            ngettext(
                "Before “%(stage)s” %(count)d thing is not ready.",
                "Before “%(stage)s” %(count)d things are not ready.",
                len(lacks),
            )
            % {"stage": STAGE_LABELS[following], "count": len(lacks)},
            sight.way("year"),
            _("Look"),
            due=due,
        )
    )
