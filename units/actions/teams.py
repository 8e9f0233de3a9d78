"""Dissolving a review team; making and changing one is in units.actions.setup (row B05).

Whom ties keep apart is found in units.team_queries.
"""

from __future__ import annotations

from django.db import models, transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.models import Cycle, Team
from units.permissions import require


@transaction.atomic
def dissolve_team(*, by: Hat, cycle: Cycle, team_id: int) -> None:
    """Take a team away; its units are then nobody's until another team gets them.

    Raises Refused when visits still name the team.
    """
    require("B05", by, cycle)
    row = Team.objects.filter(cycle=cycle, pk=team_id).first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    name = row.name
    people = list(row.people.order_by("username").values_list("username", flat=True))
    units = list(row.units.order_by("order").values_list("name", flat=True))
    try:
        row.delete()
    except models.ProtectedError as error:
        raise Refused(
            "team-in-use",
            _("“%(name)s” has visits of its own and stays; take its people or units out instead.")
            % {"name": name},
        ) from error
    audit.record(by, "team.dissolved", cycle, cycle_code=cycle.code, name=name, people=people, units=units)
