"""Changing the hat worn: written in the log, because rights are those of the hat.

Which hat a browser wears is kept in its session by the view.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat


@transaction.atomic
def wear(hats: Sequence[Hat], key: str, *, before: Hat | None) -> Hat:
    """The hat with that key out of the person's own; raises Refused for any other key."""
    chosen = next((hat for hat in hats if hat.key == key), None)
    if chosen is None:
        raise Refused("no-such-hat", _("You do not hold this role."), status=403)
    if before is None or chosen.key != before.key:
        audit.record(chosen, "hat.worn", None, before=before.label if before else "", after=chosen.label)
    return chosen
