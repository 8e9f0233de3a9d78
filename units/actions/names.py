"""Teaching the product another name of a unit.

How names are matched is in units.names.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.models import Cycle, Unit, UnitName
from units.models.unit import UnitNameKind
from units.names import normalise
from units.permissions import require


def learn_alias(*, by: Hat, cycle: Cycle, unit_id: int, text: str) -> UnitName:
    """Make a name as people type it an alias of a unit of the cycle, for ever.

    Raises Refused: not the office, after results, no such unit, or the name is another unit's already.
    """
    require("B04", by, cycle)
    name = text.strip()
    if not name or len(name) > 60:
        raise Refused("bad-name", _("A name has 1 to 60 characters."), status=422)
    with transaction.atomic():
        unit = (
            Unit.objects.filter(pk=unit_id, cycles=cycle).first()
            or Unit.objects.filter(pk=unit_id, memberships__block__cycle=cycle).first()
        )
        if unit is None:
            raise Refused("not-found", _("There is no such record."), status=404)
        known = UnitName.objects.select_related("unit").filter(plain=normalise(name)).first()
        if known is not None:
            if known.unit_id == unit.pk:
                return known
            raise Refused(
                "name-taken",
                _("“%(name)s” already means %(unit)s.") % {"name": name, "unit": str(known.unit)},
            )
        alias = UnitName.objects.create(unit=unit, name=name, kind=UnitNameKind.ALIAS)
        audit.record(by, "unit.alias-learned", unit, cycle_code=cycle.code, name=name)
    return alias
