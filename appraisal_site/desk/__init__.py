"""The desk of each role: what awaits the person, until when; a few figures; what lies at hand.

Every answer is asked of the apps' queries for the hat worn; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.desk.administration import auditor, security, system
from appraisal_site.desk.appeals import appeals
from appraisal_site.desk.leaders import leader, organization
from appraisal_site.desk.office import office
from appraisal_site.desk.pieces import Desk, Sight, task
from appraisal_site.desk.scorers import lead, reviewer
from appraisal_site.desk.signatures import signatures
from appraisal_site.desk.units import unit
from appraisal_site.sections import way, year_way
from office.models import Notice
from units import queries
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import may

WITHIN_CYCLE: dict[Role, Callable[[Desk, Sight], None]] = {
    Role.OFFICE: office,
    Role.LEAD: lead,
    Role.REVIEWER: reviewer,
    Role.OFFICIAL: unit,
    Role.PRINCIPAL: unit,
    Role.LEADING_GROUP: leader,
    Role.CITY_LEADER: leader,
    Role.ORGANIZATION: organization,
}
OUTSIDE_CYCLES: dict[Role, Callable[[Desk, Hat], None]] = {
    Role.AUDITOR: auditor,
    Role.SYSTEM: system,
    Role.SECURITY: security,
}


def desk_of(hat: Hat | None, cycle: Cycle | None) -> Desk:
    """What lies on the desk of this hat in that year; without a hat nothing but help."""
    desk = Desk()
    if hat is None:
        return desk
    if hat.role in OUTSIDE_CYCLES:
        OUTSIDE_CYCLES[hat.role](desk, hat)
    elif cycle is not None:
        sight = Sight(hat, cycle, queries.windows_of(cycle))
        WITHIN_CYCLE[hat.role](desk, sight)
        appeals(desk, sight)
        signatures(desk, sight)
        _at_hand(desk, sight)
    unread = Notice.objects.filter(user=hat.user, read_at=None).count()
    if unread:
        desk.tasks.append(
            task(
                _("Notices"),
                ngettext("%(count)d notice is unread.", "%(count)d notices are unread.", unread)
                % {"count": unread},
                way("inbox"),
                _("Read"),
                count=unread,
            )
        )
    desk.tasks.sort(key=lambda one: (one.due is None, one.due or timezone.now()))
    desk.shortcuts.append((_("Help"), way("help"), _("a short guide for your role")))
    return desk


def _at_hand(desk: Desk, sight: Sight) -> None:
    hat, cycle = sight.hat, sight.cycle
    for label, route, row, note in [
        (_("Board"), "board", "G02", _("places of every block")),
        (_("On the phone"), "call", "L15", _("three letters of a unit are enough")),
        (_("Preliminary review"), "review", "E01", _("self, ledgers, lead and last year side by side")),
        (_("On-site review"), "visits", "E12", _("visits of the own team")),
        (_("On-site review"), "visits", "E11", _("who goes where on which day")),
        (_("The plan"), "plan", "B01", _("weights, items, lead units")),
        (_("The year"), "year", "B01", _("stages and windows")),
    ]:
        url = year_way(cycle, route)
        if url and may(row, hat, cycle):
            desk.shortcuts.append((label, url, note))
