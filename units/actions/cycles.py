"""Beginning a year: from a plan workbook, or as a copy of another; and setting its windows and calendar.

Moving it from stage to stage is units.actions.cycle's.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from office.refusal import Refused
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Reading, RoleAssignment, Unit
from units.permissions import require
from units.readings import QUESTIONS


def begin_cycle(
    *, by: Hat, code: str, name: str, year: int, host: str, host_kind: str, rounding: str
) -> Cycle:
    """A new, empty cycle at set-up with the shipped readings.  Called inside the action that fills it.

    A hat that fits one cycle only is given the new one as well, or its wearer could not go on.
    """
    require("B02", by)
    refuse_taken(code)
    unit, _created = Unit.objects.get_or_create(name=host, defaults={"kind": host_kind})
    cycle = Cycle.objects.create(code=code, name=name, year=year, host=unit, rounding=rounding)
    for question in QUESTIONS:
        choice = rounding if question.code == "R1" else question.shipped
        Reading.objects.create(cycle=cycle, code=question.code, choice=choice)
    if by.cycle_id is not None:
        RoleAssignment.objects.create(user=by.user, role=Role.OFFICE, cycle=cycle)
    return cycle


def refuse_taken(code: str) -> None:
    if Cycle.objects.filter(code=code).exists():
        raise Refused(
            "code-taken",
            _("There is already a year with the code “%(code)s”. Choose another code.") % {"code": code},
        )
