"""Vetoes and misconduct of units as decisions entered from the minutes of the leading group (F05, F06).

What they need and do is in bonuses.actions.vetoes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext_lazy

from bonuses.actions import vetoes
from bonuses.models import BarState, Finding, Veto
from bonuses.permissions import DECIDE_VETO, MISCONDUCT
from office.refusal import Refused
from units import foresight
from units.actions.signing import Minutes
from units.group_decisions import Deed, Matter, register
from units.hats import Hat
from units.models import Cycle, GroupDecision
from units.paper_forms import Way, nothing_here

# act → the state it needs, and how the sheet words it
B = TypeVar("B", Veto, Finding)
WANTED = {"confirm": BarState.PROPOSED, "reject": BarState.PROPOSED, "lift": BarState.CONFIRMED}
WORDS = {"confirm": "认定生效", "reject": "不予认定", "lift": "解除"}
VETO, FINDING = "veto", "misconduct"


def _matter(model: type[Veto] | type[Finding], act: str) -> Callable[[Cycle, int], Matter]:
    def matter(cycle: Cycle, about_id: int) -> Matter:
        row = _row(model, cycle, about_id)
        vetoes.require_state(row, WANTED[act])
        return Matter(
            title=f"{_name(row)}{WORDS[act]}：{row.unit.name}",
            facts=_facts(row),
            back=Way("vetoes"),
            units=frozenset({row.unit_id}),
            first_by=row.confirmed_by_id if act == "lift" else row.proposed_by_id,
        )

    return matter


def _row(model: type[Veto] | type[Finding], cycle: Cycle, about_id: int) -> Veto | Finding:
    rows = model._default_manager.filter(cycle=cycle, pk=about_id)
    row: Veto | Finding | None = rows.select_related("unit", "document").first()
    if row is None:
        raise nothing_here()
    row.cycle = cycle
    return row


def _name(row: Veto | Finding) -> str:
    if isinstance(row, Finding):
        return "弄虚作假"
    return str(row.get_level_display())


def _facts(row: Veto | Finding) -> tuple[tuple[str, str], ...]:
    if isinstance(row, Veto):
        return (
            ("单位", row.unit.name),
            ("领域", row.field),
            ("认定机关", f"{row.deciding_body}（{row.on:%Y-%m-%d}）"),
            ("依据材料", str(row.document)),
        )
    found = [("单位", row.unit.name), ("查实情况", f"{row.what}（{row.on:%Y-%m-%d}）")]
    found.append(("主要负责人责任", row.responsibility))
    if row.document is not None:
        found.append(("依据材料", str(row.document)))
    return tuple(found)


def _perform(model: type[B], act: str) -> Callable[[Hat, GroupDecision, Minutes], None]:
    def perform(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
        vetoes.decide_from_minutes(
            by=hat,
            cycle=decision.cycle,
            model=model,
            pk=decision.about_id,
            act=act,
            reason=decision.reason,
            minutes=minutes,
        )

    return perform


def _preview(
    model: type[Veto] | type[Finding], act: str
) -> Callable[[GroupDecision], foresight.Preview | None] | None:
    if act == "reject":
        return None

    def preview(decision: GroupDecision) -> foresight.Preview | None:
        row = _row(model, decision.cycle, decision.about_id)
        try:
            vetoes.require_state(row, WANTED[act])
        except Refused:
            return None
        return foresight.preview(decision.cycle, vetoes.barring(row, in_force=act == "confirm"))

    return preview


LABELS = {
    (VETO, "confirm"): gettext_lazy("put a veto in force"),
    (VETO, "reject"): gettext_lazy("reject a veto"),
    (VETO, "lift"): gettext_lazy("lift a veto"),
    (FINDING, "confirm"): gettext_lazy("put a finding of misconduct in force"),
    (FINDING, "reject"): gettext_lazy("reject a finding of misconduct"),
    (FINDING, "lift"): gettext_lazy("lift a finding of misconduct"),
}


def connect() -> None:
    kinds: tuple[tuple[str, type[Veto] | type[Finding], str], ...] = (
        (VETO, Veto, DECIDE_VETO),
        (FINDING, Finding, MISCONDUCT),
    )
    for name, model, row in kinds:
        for act in WANTED:
            register(
                Deed(
                    key=f"{name}-{act}",
                    row=row,
                    label=LABELS[name, act],
                    matter=_matter(model, act),
                    perform=_perform(Veto, act) if model is Veto else _perform(Finding, act),
                    needs_reason=act != "confirm",
                    preview=_preview(model, act),
                )
            )
