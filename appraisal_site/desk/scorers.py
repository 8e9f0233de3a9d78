"""The desks of those who score: the lead body's own sub-items, the reviewer's own team.

Whose cells are asked is told by scoring.readiness.
"""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.desk.owed import owed
from appraisal_site.desk.pieces import Desk, Sight, not_yet, percent, task, too_late
from scoring import readiness
from scoring.models import ScoreKind
from units import queries
from units.duties import Owner
from units.models import STAGE_LABELS
from units.permissions import may
from units.stages import OPEN_IN, Stage


def lead(desk: Desk, sight: Sight) -> None:
    """Own sub-items: how many units still have no lead score, and until when."""
    cycle, unit_id = sight.cycle, sight.hat.unit_id
    if unit_id is None:
        return
    led = readiness.led_sub_items(cycle, unit_id)
    tied = sight.hat.tied_unit_ids(cycle.pk)
    asked = readiness.cells_asked(cycle).filter(sub_item__in=led).exclude(membership__unit__in=tied)
    rows = list(
        asked.values_list("sub_item__name", "block__name", "sub_item_id")
        .annotate(
            every=Count("pk", distinct=True),
            scored=Count("pk", distinct=True, filter=Q(scores__kind=ScoreKind.LEAD)),
        )
        .order_by("block__order", "sub_item__order")
    )
    total = sum(every for _sub, _block, _pk, every, _scored in rows)
    done = sum(scored for *_names, scored in rows)
    started = cycle.stage_now.position >= Stage.PRELIMINARY_REVIEW.position
    in_time = may("E03", sight.hat, cycle)
    # Over, but still the stage: it stays on the desk in red, with the way to have it opened again.
    is_shown = in_time or cycle.stage_now in OPEN_IN["E03"]
    for sub, block, sub_id, every, scored in rows:
        if every == scored or not started or not is_shown:
            continue
        desk.tasks.append(
            task(
                _("Lead scores: %(sub)s") % {"sub": sub},
                _("%(block)s: %(done)d of %(all)d units are scored.")
                % {"block": block, "done": scored, "all": every}
                + ("" if in_time else too_late()),
                sight.way("lead-grid", pk=str(sub_id)),
                _("Enter scores"),
                due=sight.until(Stage.PRELIMINARY_REVIEW),
                count=every - scored,
            )
        )
    if not started and total:
        desk.tasks.append(not_yet(sight, Stage.PRELIMINARY_REVIEW, _("Lead scores"), total))
    # Its scores stand above by sub-item; ledgers and whatever else a body owes follow.
    owed(
        desk,
        sight,
        Owner.BODY,
        opened=queries.open_reopenings(cycle, unit_id),
        apart_from=("lead-scores",),
    )
    desk.tiles += [
        (_("Own sub-items"), len({(s, b) for s, b, _p, _e, _d in rows}), ""),
        (_("Units scored"), f"{done} / {total}", percent(done, total)),
    ]


def reviewer(desk: Desk, sight: Sight) -> None:
    """The own team's units and their open cells."""
    cycle = sight.cycle
    units = sight.hat.team_unit_ids(cycle.pk)
    kind = ScoreKind.ONSITE if cycle.stage_now is Stage.ONSITE_REVIEW else ScoreKind.PRELIMINARY
    rows = (
        readiness.unscored(cycle, kind)
        .filter(membership__unit__in=units)
        .values_list("membership__unit__name", "block__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "membership__unit__order")
    )
    todo = list(rows)
    row = "E02" if kind is ScoreKind.ONSITE else "E01"
    in_time = may(row, sight.hat, cycle)
    if in_time or cycle.stage_now in OPEN_IN[row]:
        label = STAGE_LABELS[Stage.ONSITE_REVIEW if kind is ScoreKind.ONSITE else Stage.PRELIMINARY_REVIEW]
        desk.tasks += [
            task(
                f"{unit} · {label}",
                ngettext("%(block)s: %(count)d cell is open.", "%(block)s: %(count)d cells are open.", count)
                % {"block": block, "count": count}
                + ("" if in_time else too_late()),
                sight.way("visits") if kind is ScoreKind.ONSITE else sight.way("review-unit", name=unit),
                _("Enter scores"),
                due=sight.until(cycle.stage_now),
                count=count,
            )
            for unit, block, count in todo
        ]
    elif units and cycle.stage_now.position < Stage.PRELIMINARY_REVIEW.position:
        desk.tasks.append(
            not_yet(sight, Stage.PRELIMINARY_REVIEW, _("Preliminary review"), sum(n for _u, _b, n in todo))
        )
    desk.tiles += [
        (_("Own units"), len(units), _("of my teams")),
        (_("Open cells"), sum(count for _unit, _block, count in todo), str(STAGE_LABELS[cycle.stage_now])),
    ]
