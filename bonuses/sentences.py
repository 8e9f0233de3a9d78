"""Refusals that pages, lists and the API say alike about papers.

When each is said is decided by the actions.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.models import Adjustment
from office.refusal import Refused


def issuer_unknown(name: str, nearest: Sequence[str]) -> Refused:
    return Refused(
        "unknown-issuer",
        _("%(name)s is not in the table of issuers. Nearest: %(nearest)s. The office can add it there.")
        % {"name": name, "nearest": "、".join(nearest) or "—"},
        "§4(2)1",
        status=422,
    )


def already_counted(first: Adjustment) -> Refused:
    """The paper gives the unit such points already: where, by whom, when."""
    return Refused(
        "already-counted",
        _(
            "“%(paper)s” is already entered for %(unit)s as %(kind)s (%(level)s, year %(cycle)s, by %(who)s on %(when)s, %(state)s). One paper counts once."
        )
        % {
            "paper": str(first.document),
            "unit": first.unit.name,
            "kind": first.get_kind_display(),
            "level": first.level or "—",
            "cycle": first.membership.block.cycle.code,
            "who": str(first.proposed_by),
            "when": timezone.localtime(first.proposed_at).strftime("%Y-%m-%d"),
            "state": first.get_state_display(),
        },
        "§4(2)7",
        values={"first": first.pk},
    )


def not_found() -> Refused:
    return Refused("not-found", _("There is no such record."), status=404)


def no_reason(sentence: str) -> Refused:
    return Refused("no-reason", sentence, status=422)
