"""Keeping a variant of the what-if bench by name, and throwing it away (G05).

Nothing here touches a score, a rule, a paper or a stored standing.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from scoring.models import TrialVariant
from scoring.trial_steps import MOST_STEPS, Step, written
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import require

ROW = "G05"
MOST_VARIANTS = 60
LONGEST_NAME = 60


@transaction.atomic
def save_variant(*, by: Hat, cycle: Cycle, name: str, steps: Sequence[Step]) -> TrialVariant:
    """Keep the steps under a name; one's own variant of that name is replaced.

    Raises Refused without a name or a step, with too many, or when the name is another person's.
    """
    require(ROW, by, cycle)
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise Refused(
            "no-name",
            _("Please give the variant a name of at most %(most)d characters.") % {"most": LONGEST_NAME},
            status=422,
        )
    if not steps:
        raise Refused("no-steps", _("Nothing is changed yet; enter a change first."), status=422)
    if len(steps) > MOST_STEPS:
        raise Refused(
            "too-many-steps",
            _("A variant holds at most %(most)d changes.") % {"most": MOST_STEPS},
            status=422,
        )
    Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
    row = TrialVariant.objects.filter(cycle=cycle, name=wanted).select_related("made_by").first()
    if row is not None and row.made_by_id != by.user.pk:
        raise Refused(
            "name-taken",
            _("“%(name)s” is a variant of %(who)s; please choose another name.")
            % {"name": wanted, "who": row.made_by},
        )
    if row is None and TrialVariant.objects.filter(cycle=cycle).count() >= MOST_VARIANTS:
        raise Refused(
            "too-many-variants",
            _("The year holds %(most)d variants already; please remove one first.") % {"most": MOST_VARIANTS},
        )
    row = row or TrialVariant(cycle=cycle, name=wanted, made_by=by.user)
    row.steps = [written(step) for step in steps]
    row.save()
    audit.record(by, "what-if.saved", row, cycle_code=cycle.code, steps=row.steps)
    return row


@transaction.atomic
def remove_variant(*, by: Hat, cycle: Cycle, variant_id: int) -> None:
    """Throw a variant away: the person who saved it, or the office."""
    require(ROW, by, cycle)
    row = TrialVariant.objects.filter(pk=variant_id, cycle=cycle).select_related("made_by").first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if row.made_by_id != by.user.pk and by.role is not Role.OFFICE:
        raise Refused("not-permitted", _("%(who)s saved this variant.") % {"who": row.made_by}, status=403)
    row.delete()
    row.pk = variant_id  # what was there, for the log
    audit.record(by, "what-if.removed", row, cycle_code=cycle.code, steps=row.steps)
