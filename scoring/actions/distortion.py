"""Looking at findings of distortion: dismissing one with a reason, many as seen, opening one again (row E13).

Findings are computed by scoring.distortion; nothing here changes a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from scoring import distortion_facts
from scoring.distortion_facts import Looked
from scoring.models import Dismissal, DistortionLimits
from units.actions.setup import change, refuse_invalid
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import require

ROW = "E13"
LIMITS = ("above_ledger", "above_lead", "above_returns", "jump", "flat_full", "flat_lead")


def _looked(by: Hat, cycle: Cycle, keys: Sequence[str]) -> list[Looked]:
    """The findings of these keys within the hat's sight; 404 when one is not there any more."""
    wanted = set(keys)
    seen = distortion_facts.seen_by(by, cycle, distortion_facts.find(cycle))
    chosen = [one for one in seen if one.key in wanted]
    if len(chosen) != len(wanted) or not chosen:
        raise Refused(
            "no-finding",
            _("This finding is not there any more: its figures were changed. Look again."),
            status=404,
        )
    for one in chosen:
        require(ROW, by, cycle, unit_id=one.unit, acts_on_unit=True)
    return distortion_facts.looked_at(cycle, chosen)


@transaction.atomic
def dismiss(*, by: Hat, cycle: Cycle, key: str, reason: str) -> Dismissal:
    """Say why one finding is no distortion.  It is open again when its figures move."""
    require(ROW, by, cycle)
    if not reason.strip():
        raise Refused("no-reason", _("Please say why this is no distortion."), "§8(3)", status=422)
    (one,) = _looked(by, cycle, [key])
    return _store(by, cycle, [one], reason.strip()[:300], is_seen=False)[0]


@transaction.atomic
def mark_seen(*, by: Hat, cycle: Cycle, keys: Sequence[str]) -> list[Dismissal]:
    """Mark several findings as seen, without a reason; those already dismissed keep theirs."""
    require(ROW, by, cycle)
    if not keys:
        raise Refused("nothing-ticked", _("Please tick the findings you have seen."), status=422)
    chosen = [one for one in _looked(by, cycle, list(keys)) if one.state != "dismissed"]
    return _store(by, cycle, chosen, "", is_seen=True)


def _store(by: Hat, cycle: Cycle, chosen: Sequence[Looked], reason: str, *, is_seen: bool) -> list[Dismissal]:
    now = timezone.now()
    rows = Dismissal.objects.bulk_create(
        [
            Dismissal(
                cycle=cycle,
                key=one.found.key,
                kind=str(one.found.kind),
                about=one.about[:200],
                seal=one.found.seal,
                is_seen=is_seen,
                reason=reason,
                by=by.user,
                at=now,
            )
            for one in chosen
        ],
        update_conflicts=True,
        unique_fields=["cycle", "key"],
        update_fields=["kind", "about", "seal", "is_seen", "reason", "by", "at"],
    )
    if rows:
        audit.record(
            by,
            "distortion.seen" if is_seen else "distortion.dismissed",
            cycle,
            cycle_code=cycle.code,
            reason=reason,
            findings=[[one.found.key, one.about, one.found.seal] for one in chosen],
        )
    return rows


@transaction.atomic
def open_again(*, by: Hat, cycle: Cycle, key: str) -> None:
    """Take a dismissal back; the finding stands in the list again."""
    require(ROW, by, cycle)
    (one,) = _looked(by, cycle, [key])
    deleted, _rows = Dismissal.objects.filter(cycle=cycle, key=key).delete()
    if not deleted:
        raise Refused("is-open", _("This finding is open already."))
    audit.record(by, "distortion.opened", cycle, cycle_code=cycle.code, finding=key, about=one.about)


@transaction.atomic
def set_limits(*, by: Hat, cycle: Cycle, limits: Mapping[str, int]) -> DistortionLimits:
    """From where on a figure is worth a look; the office's to set."""
    require(ROW, by, cycle)
    if by.role is not Role.OFFICE:
        raise Refused("not-permitted", _("The appraisal office sets the limits."), status=403)
    row = DistortionLimits.objects.filter(cycle=cycle).first() or DistortionLimits(cycle=cycle)
    changed = change(row, {name: int(limits[name]) for name in LIMITS if name in limits})
    refuse_invalid(row)
    row.save()
    audit.record(by, "distortion.limits-set", cycle, cycle_code=cycle.code, changed=changed)
    return row
