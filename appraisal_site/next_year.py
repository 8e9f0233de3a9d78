"""Copies a year's plan to another: rules, units, memberships, tariff, awards, readings; no score.

The plan workbook's lines carry nearly all of it; what they do not say is copied beside them.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.utils.translation import gettext as _

from appraisal_site.plan_workbook import SHEETS
from awards.models import AwardScheme
from bonuses.models import TariffLine
from office import audit
from office.refusal import Refused
from scoring.models import Indicator
from units.actions.cycles import begin_cycle, refuse_taken
from units.hats import Hat
from units.models import Cycle, Reading
from units.permissions import require
from units.signals import once_per_block


@transaction.atomic
def copy_cycle(*, by: Hat, cycle: Cycle, code: str, year: int, name: str = "") -> Cycle:
    """A new cycle at set-up with the plan of `cycle`; stand-ins stay stand-ins.  Row B02 of the new cycle.

    Raises Refused: not permitted, the code is taken, or it does not begin with the year.
    """
    require("B02", by)
    if not by.fits(cycle):
        raise Refused("not-found", _("There is no such record."), status=404)
    if not re.fullmatch(rf"{year}(-[\w-]+)?", code) or len(code) > 40:
        raise Refused(
            "wrong-code",
            _(
                "“%(code)s” is no code for %(year)d: use %(year)d, or %(year)d-word for a unit's own appraisal, at most 40 characters."
            )
            % {"code": code, "year": year},
            status=422,
        )
    refuse_taken(code)
    with once_per_block():
        new = begin_cycle(
            by=by,
            code=code,
            name=name or cycle.name,
            year=year,
            host=cycle.host.name,
            host_kind=cycle.host.kind,
            rounding=cycle.rounding,
        )
        new.places, new.total_weight, new.paper_required = (
            cycle.places,
            cycle.total_weight,
            cycle.paper_required,
        )
        new.save()
        for sheet in SHEETS:
            if sheet.store is not None:
                sheet.store(new, sheet.stored(cycle))
        _copy_what_no_sheet_says(cycle, new)
    audit.record(by, "cycle.copied", new, cycle_code=new.code, source=cycle.code)
    return new


def _copy_what_no_sheet_says(old: Cycle, new: Cycle) -> None:
    choices = {r.code: r for r in Reading.objects.filter(cycle=old)}
    for reading in Reading.objects.filter(cycle=new):
        known = choices.pop(reading.code, None)
        if known is not None:
            reading.choice, reading.parameters, reading.reason = known.choice, known.parameters, known.reason
            reading.save()
    for extra in choices.values():
        Reading.objects.create(
            cycle=new,
            code=extra.code,
            choice=extra.choice,
            question=extra.question,
            parameters=extra.parameters,
        )
    own_calendar = set(old.blocks.filter(has_own_calendar=True).values_list("name", flat=True))
    new.blocks.filter(name__in=own_calendar).update(has_own_calendar=True)
    clauses = {(t.kind, t.level, t.scope): t.clause for t in TariffLine.objects.filter(cycle=old)}
    for line in TariffLine.objects.filter(cycle=new):
        TariffLine.objects.filter(pk=line.pk).update(clause=clauses[(line.kind, line.level, line.scope)])
    schemes = {s.name: s for s in AwardScheme.objects.filter(cycle=old)}
    for scheme in AwardScheme.objects.filter(cycle=new):
        source_scheme = schemes[scheme.name]
        scheme.filling, scheme.tie_order = source_scheme.filling, source_scheme.tie_order
        scheme.save()
    steps = {
        i.natural_key()[1:]: i
        for i in Indicator.objects.filter(sub_item__item__block__cycle=old).select_related(
            "sub_item__item__block__cycle"
        )
    }
    for indicator in Indicator.objects.filter(sub_item__item__block__cycle=new).select_related(
        "sub_item__item__block__cycle"
    ):
        source = steps[indicator.natural_key()[1:]]
        indicator.steps, indicator.lead = source.steps, source.lead
        indicator.save()
