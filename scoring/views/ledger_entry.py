"""Typing the lines of a quarter in the browser, one sub-item at a time; works without any script.

What a row may say is read in scoring.ledger_typing; what may be written is decided in scoring.actions.ledgers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring import ledger_queries
from scoring.actions import ledgers as actions
from scoring.ledger_typing import Typed, read_rows, rows_of, touched_meanwhile
from scoring.models import Ledger, LedgerLine, LedgerPart, LedgerVersion, SubItem
from scoring.views.ledgers import body_named, ledger_title, parts_of
from scoring.views.shared import crumbs, nothing_here
from scoring.workbooks.ledger_changes import Standing
from units.matrix import Role
from units.models import Membership, Unit
from units.pages import PageRequest, page

SPARE: Final = 3  # empty rows below, for a second line of a unit


def _lines(version_id: int | None, sub: SubItem) -> list[Standing]:
    if not version_id:
        return []
    rows = LedgerLine.objects.filter(version_id=version_id, sub_item=sub).order_by("position", "pk")
    return [
        Standing(thread.hex, ledger_queries.line_of(rest))
        for thread, *rest in rows.values_list("thread", *ledger_queries.LINE_FIELDS)
    ]


@page("C05", methods=("GET", "POST"))
def entry(request: PageRequest, body: str, quarter: int) -> HttpResponse:
    """All units of one sub-item with their lines; saved together as one new version.

    What was typed stays after any refusal; somebody else's newer value is shown beside it (409).
    """
    cycle, hat = request.cycle, request.hat
    unit = body_named(request, body)
    parts = parts_of(request, unit, quarter)
    subs = ledger_queries.sub_items_of(cycle, unit.pk)
    part = (
        LedgerPart.OFFICE
        if request.GET.get("part") == "office" and hat.role is Role.OFFICE
        else LedgerPart.OWN
    )
    sub = next((each for each in subs if str(each.pk) == request.GET.get("sub", "")), None)
    if request.GET.get("sub") and sub is None:
        raise nothing_here()
    members = _members(unit, subs, part)
    chosen = sub or next((each for each in subs if members.get(each.item.block_id)), None)
    if chosen is None:
        raise nothing_here()
    ledger = next((each for each in parts if each.part == part), None)
    current = ledger.current_id if ledger is not None else None
    here = members.get(chosen.item.block_id, [])
    standing = _lines(current, chosen)
    typed, refusal, status = None, None, 200
    if request.method == "POST":
        typed, refusal = _save(request, unit, quarter, part, chosen, here, ledger, standing)
        if typed is None:
            address = reverse("ledger-entry", args=[cycle.code, unit.name, quarter])
            return redirect(f"{address}?sub={chosen.pk}&part={part}")
        status = refusal.status if refusal is not None else 422
    rows = typed.rows if typed is not None else rows_of(standing, [m.pk for m in here], SPARE)
    names = {member.pk: member.unit.name for member in here}
    return render(
        request,
        "scoring/ledger_entry.html",
        {
            "page_title": _("Type lines"),
            "breadcrumbs": crumbs(
                cycle,
                (_("Ledgers"), reverse("ledgers", args=[cycle.code])),
                (ledger_title(unit, quarter), reverse("ledger", args=[cycle.code, unit.name, quarter])),
                (_("Type lines"), ""),
            ),
            "refusal": refusal,
            "body": unit,
            "quarter": quarter,
            "chosen": chosen,
            "subs": [
                (each, f"?sub={each.pk}&part={part}", each.pk == chosen.pk)
                for each in subs
                if members.get(each.item.block_id)
            ],
            "parts": _part_links(hat.role, part, unit),
            "rows": [(row, names.get(row.member, "")) for row in rows],
            "count": len(rows),
            "units": list(names.items()),
            "indicators": [(each.pk, each.name) for each in chosen.indicators.all()],
            "seen": request.POST.get("seen", current or 0),
            "others_clean": bool(ledger and ledger.current and ledger.current.others_clean),
            "back_url": reverse("ledger", args=[cycle.code, unit.name, quarter]),
        },
        status=status,
    )


def _members(body: Unit, subs: Sequence[SubItem], part: LedgerPart) -> dict[int, list[Membership]]:
    """Block → the memberships this part speaks of: the body's own unit, or all others."""
    blocks = {sub.item.block_id for sub in subs}
    found: dict[int, list[Membership]] = {}
    for member in (
        Membership.objects.filter(block__in=blocks).select_related("unit").order_by("unit__order", "unit_id")
    ):
        if (member.unit_id == body.pk) is (part is LedgerPart.OFFICE):
            found.setdefault(member.block_id, []).append(member)
    return found


def _part_links(role: Role, part: LedgerPart, body: Unit) -> list[tuple[str, str, bool]]:
    if role is not Role.OFFICE or not body.memberships.exists():
        return []
    return [
        (_("Other units"), "?part=own", part is LedgerPart.OWN),
        (_("%(body)s itself") % {"body": body.name}, "?part=office", part is LedgerPart.OFFICE),
    ]


def _save(
    request: PageRequest,
    body: Unit,
    quarter: int,
    part: LedgerPart,
    sub: SubItem,
    members: Sequence[Membership],
    ledger: Ledger | None,
    standing: Sequence[Standing],
) -> tuple[Typed | None, Refused | None]:
    """None when it is saved, or there was nothing to save; else what was typed and why it was refused."""
    cycle, hat = request.cycle, request.hat
    current = ledger.current_id or 0 if ledger is not None else 0
    seen_text = request.POST.get("seen", "")
    seen = int(seen_text) if seen_text.isascii() and seen_text.isdigit() and len(seen_text) < 19 else 0
    old = standing if seen == current else _seen_lines(seen, sub, ledger)
    typed = read_rows(request.POST.dict(), old, sub.pk, frozenset(m.pk for m in members), cycle.places)
    if not typed.is_sound:
        return typed, None
    if seen != current and touched_meanwhile(typed, old, standing):
        return typed, Refused(
            "changed-meanwhile",
            _(
                "Somebody changed lines that you changed too; both are shown below. Nothing was saved: please check them and save again."
            ),
            status=409,
        )
    clean = request.POST.get("others_clean") == "1"
    was_clean = bool(ledger and ledger.current and ledger.current.others_clean)
    there = {each.thread for each in standing}
    if not typed.lines and not typed.without and clean == was_clean:
        messages.info(request, _("Nothing was changed."))
        return None, None
    try:
        version = actions.correct(
            by=hat,
            cycle=cycle,
            body=body,
            quarter=quarter,
            part=part,
            seen=current,
            lines=typed.lines,
            without=[thread for thread in typed.without if thread in there],
            others_clean=clean,
        )
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return typed, refusal
    messages.success(
        request,
        _("Saved as version %(number)d: %(count)d lines, %(points)s points off.")
        % {"number": version.number, "count": version.line_count, "points": version.points},
    )
    return None, None


def _seen_lines(seen: int, sub: SubItem, ledger: Ledger | None) -> list[Standing]:
    """The lines of the version the form was opened on, when it is one of this ledger."""
    if ledger is None or not LedgerVersion.objects.filter(pk=seen, ledger=ledger).exists():
        return []
    return _lines(seen, sub)
