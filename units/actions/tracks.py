"""A special track's own calendar (§3 “单独安排单独考核”): giving it one, and letting it follow the year again.

Its stages are moved and its windows set by units.actions.cycle.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.models import STAGE_LABELS, Block, Cycle, StageWindow
from units.permissions import require, stage_of
from units.stages import Stage


def _locked(block: Block) -> Block:
    return Block.objects.select_for_update().select_related("cycle").get(pk=block.pk)


@transaction.atomic
def keep_own_calendar(*, by: Hat, block: Block) -> Block:
    """Let a track move by itself from the stage at which the year stands now.  Row B06.

    Raises Refused: not permitted, not a special track, a calendar of its own already, a year already approved.
    """
    own = _locked(block)
    cycle: Cycle = own.cycle
    require("B06", by, cycle)
    if not own.is_track:
        raise Refused(
            "not-a-track",
            _("%(block)s is a comprehensive block; only special tracks keep a calendar of their own.")
            % {"block": own.name},
            "§3",
            status=422,
        )
    if own.has_own_calendar:
        raise Refused("own-already", _("%(block)s keeps its own calendar already.") % {"block": own.name})
    if cycle.stage_now.position >= Stage.APPROVAL.position:
        raise Refused(
            "too-late",
            _("The year stands at “%(now)s”: its result goes together, and no track leaves it any more.")
            % {"now": STAGE_LABELS[cycle.stage_now]},
            "§6(8)",
        )
    own.has_own_calendar, own.stage = True, cycle.stage
    Block.objects.filter(pk=own.pk).update(has_own_calendar=True, stage=own.stage)
    audit.record(by, "track.own-calendar", own, cycle_code=cycle.code, stage=own.stage)
    return own


@transaction.atomic
def follow_the_year(*, by: Hat, block: Block) -> Block:
    """Let a track follow the year's stages and windows again; its own windows go.  Row B06.

    Raises Refused: not permitted, it follows already, it stands at another stage than the year (it would leap
    over what must be ready), or it is past approval.
    """
    own = _locked(block)
    cycle: Cycle = own.cycle
    require("B06", by, cycle)
    if not own.has_own_calendar:
        raise Refused("follows-already", _("%(block)s follows the year already.") % {"block": own.name})
    stage = stage_of(cycle, own)
    if stage is not cycle.stage_now or stage.position >= Stage.APPROVAL.position:
        raise Refused(
            "other-stage",
            _(
                "%(block)s stands at “%(stage)s”, the year at “%(now)s”. Move the track to the stage of the year first; from approval on it stays by itself."
            )
            % {"block": own.name, "stage": STAGE_LABELS[stage], "now": STAGE_LABELS[cycle.stage_now]},
        )
    gone = StageWindow.objects.filter(block=own)
    told = [f"{w.stage} {w.opens_on} – {w.closes_on}" for w in gone]
    gone.delete()
    own.has_own_calendar, own.stage = False, ""
    Block.objects.filter(pk=own.pk).update(has_own_calendar=False, stage="")
    audit.record(by, "track.follows-the-year", own, cycle_code=cycle.code, windows_gone=told)
    return own
