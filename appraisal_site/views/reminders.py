"""The desk of reminders 催办台: who owes what, whom to call, what to send; reminding, noting calls, the sheet to print.

The acts are in units.actions.reminders; what the desk shows is put together in appraisal_site.reminder_desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import duties, reminder_desk, reminding
from appraisal_site.reminder_desk import SHOWN, Desk, Filter
from appraisal_site.sections import year_label, year_way
from office import pdf
from office.charts import Share, share_bar
from office.refusal import Refused
from office.templatetags.look import deadline
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring.views.downloads import attachment
from units.actions import reminders
from units.duties import Light, Owner
from units.models import Cycle, Unit
from units.pages import PageRequest, log_denial, page
from units.permissions import may

# On a printed sheet and in the picture: done first, what presses last.
IN_PICTURES = (Light.DONE, Light.LATE, Light.AHEAD, Light.DUE, Light.OVERDUE)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task of the year over all who owe it."""

    label: str
    due: object
    counts: dict[Light, int]
    asked: int
    done: int
    picture: str
    url: str


def filter_of(query: QueryDict) -> Filter:
    show = query.get("show", "now")
    return Filter(show if show in SHOWN else "now", query.get("task", "")[:60], query.get("block", "")[:60])


def _desk(cycle: Cycle, chosen: Filter) -> Desk:
    return reminder_desk.desk_of(cycle, duties.duties_of(cycle), chosen, timezone.now())


@page("L15")
def desk(request: PageRequest) -> HttpResponse:
    """Everything that presses, unit by unit, with the people to call; the filter shows the rest."""
    return _show(request, filter_of(request.GET))


def _show(
    request: PageRequest,
    chosen: Filter,
    refusal: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    cycle = request.cycle
    shown = _desk(cycle, chosen)
    everything = sum(count for lights in shown.lights.values() for count in lights.values())
    return render(
        request,
        "appraisal_site/reminders.html",
        {
            "cycle": cycle,
            "chosen": chosen,
            "shows": [(key, label, key == chosen.show) for key, (label, _lights) in SHOWN.items()],
            "tasks": [(task.key, task.label, task.key == chosen.task) for task in shown.tasks],
            "blocks": [(name, name == chosen.block) for name in shown.blocks],
            "lines": [_line(cycle, shown, task) for task in shown.tasks],
            "owing": shown.owing,
            "teams": shown.teams,
            "has_duties": bool(everything),
            "group_text": reminding.message_for_group(cycle, shown.debts, timezone.now())
            if shown.debts
            else "",
            "may_reopen": may("D08", request.hat, cycle),
            "typed": typed or {},
            "refusal": refusal,
        },
        status=refusal.status if refusal is not None else 200,
    )


def _line(cycle: Cycle, shown: Desk, task: duties.Task) -> TaskLine:
    counts = shown.lights[task.key]
    shares = [Share(duties.word_of(light), counts[light], str(light)) for light in IN_PICTURES]
    return TaskLine(
        label=task.label,
        due=task.due,
        counts=counts,
        asked=sum(counts.values()),
        done=counts[Light.DONE] + counts[Light.LATE],
        picture=share_bar(
            shares,
            label=_("%(task)s: %(parts)s")
            % {
                "task": task.label,
                "parts": "，".join(f"{share.name} {share.count}" for share in shares if share.count),
            },
        ),
        url=year_way(cycle, "reminders") + f"?show=all&task={quote(task.key)}",
    )


def _back(request: PageRequest, chosen: Filter, anchor: str = "") -> HttpResponse:
    """To the desk as it was looked at."""
    address = year_way(request.cycle, "reminders")
    query = "&".join(f"{k}={quote(v)}" for k, v in _parts(chosen))
    return redirect(f"{address}?{query}{anchor}")


def _parts(chosen: Filter) -> list[tuple[str, str]]:
    return [("show", chosen.show), ("task", chosen.task), ("block", chosen.block)]


@page("L15", methods=("POST",))
def remind(request: PageRequest) -> HttpResponse:
    """Put what is ticked into the inboxes of those who can do it; mails follow behind the page."""
    cycle, chosen, now = request.cycle, filter_of(request.POST), timezone.now()
    nudges, done = reminder_desk.nudges_for(cycle, request.POST.getlist("debt"), now)
    if not nudges and done:
        messages.info(request, _("Done meanwhile, nobody was reminded: %(who)s") % {"who": "；".join(done)})
        return _back(request, chosen)
    try:
        outcome = reminders.remind(by=request.hat, cycle=cycle, nudges=nudges)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, chosen, refusal)
    job = reminding.mail_later(cycle, request.user, outcome.done)
    if outcome.done:
        units = len({row.unit_id for row in outcome.done})
        said = ngettext("%(count)d unit was reminded.", "%(count)d units were reminded.", units)
        if job is not None:
            said = f"{said} {_('Mails are on their way.')}"
        messages.success(request, said % {"count": units})
    left_out = [
        f"{nudge.unit.name} · {nudge.duty.label}（{sentence.rstrip('。.')}）"
        for nudge, sentence in outcome.left_out
    ]
    left_out += [f"{what}（{_('done meanwhile')}）" for what in done]
    if left_out:
        messages.warning(request, _("Left out: %(who)s") % {"who": "；".join(left_out)})
    return _back(request, chosen)


@page("L15", methods=("POST",))
def note_call(request: PageRequest) -> HttpResponse:
    """One click: this unit was called about what it owes; who answered, when."""
    cycle, chosen, now = request.cycle, filter_of(request.POST), timezone.now()
    unit = Unit.objects.filter(pk=_number(request.POST.get("unit", ""))).first()
    typed = {key: request.POST.get(key, "") for key in ("answered_by", "note")}
    if unit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    owed = {
        duty.task: duty
        for duty in duties.gather(cycle)
        if duty.unit_id == unit.pk and duty.owner is not Owner.TEAM and not duty.light(now).is_done
    }
    # “task|number”: the call that the person saw as the next one.
    pairs = [one.rpartition("|") for one in request.POST.getlist("call")]
    about = [(owed[task], _number(number)) for task, _bar, number in pairs if task in owed]
    try:
        kept = reminders.note_calls(by=request.hat, cycle=cycle, unit=unit, about=about, **typed)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            log_denial(request, "L15", refusal)
        return _show(request, chosen, refusal, typed | {"unit": str(unit.pk)})
    messages.success(
        request,
        _("%(unit)s was called at %(at)s; %(who)s answered.")
        % {"unit": unit.name, "at": deadline(kept[0].at), "who": kept[0].answered_by},
    )
    return _back(request, chosen, f"#unit-{unit.pk}")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@page("L15")
def reminders_xlsx(request: PageRequest) -> HttpResponse:
    """What the filter shows, a line for each thing owed."""
    cycle, chosen = request.cycle, filter_of(request.GET)
    shown = _desk(cycle, chosen)
    rows: list[list[Any]] = []
    for one in shown.owing:
        for debt in one.debts:
            last = debt.calls[-1] if debt.calls else None
            rows.append(
                [
                    one.block,
                    one.unit.name,
                    debt.duty.label,
                    deadline(debt.duty.due),
                    debt.word,
                    debt.duty.done,
                    debt.duty.asked,
                    one.unit.contact,
                    one.unit.mobile,
                    one.unit.office_phone,
                    one.unit.principal,
                    one.unit.superior_leader,
                    len(debt.calls),
                    deadline(last.at) if last else "",
                    last.answered_by if last else "",
                    last.note if last else "",
                    f"{debt.reminded.day}" if debt.reminded else "",
                ]
            )
    sheet = SheetOut(
        _("Reminders"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Task")),
            ColumnOut(_("Due by")),
            ColumnOut(_("State")),
            ColumnOut(_("done"), "whole"),
            ColumnOut(_("asked"), "whole"),
            ColumnOut(_("Contact")),
            ColumnOut(_("Mobile")),
            ColumnOut(_("Office phone")),
            ColumnOut(_("Principal")),
            ColumnOut(_("Superior leader")),
            ColumnOut(_("Calls"), "whole"),
            ColumnOut(_("Called last")),
            ColumnOut(_("Answered by")),
            ColumnOut(_("Note")),
            ColumnOut(_("Reminded last")),
        ],
        rows,
        title=f"{year_label(cycle)} {_('Reminders')} · {SHOWN[chosen.show][0]}",
        frozen_columns=2,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Reminders')}.xlsx")


@page("L15")
def call_sheet(request: PageRequest) -> HttpResponse:
    """The same as a sheet to print and write on while calling."""
    cycle, chosen = request.cycle, filter_of(request.GET)
    shown = _desk(cycle, chosen)
    if not shown.owing:
        messages.info(request, _("Nobody owes anything by this filter, so there is nobody to call."))
        return _back(request, chosen)
    content = pdf.render(
        render_to_string(
            "reports/call_sheet.html",
            {
                "facts": {"foot": "", "host": str(cycle.host or ""), "digest": ""},
                "paper_title": f"{year_label(cycle)}{_('Call sheet')}",
                "year": year_label(cycle),
                "what": SHOWN[chosen.show][0],
                "owing": shown.owing,
                "now": timezone.localtime(),
            },
        ),
        identifier=f"call-sheet-{cycle.code}",
    )
    answer = HttpResponse(content, content_type="application/pdf")
    name = f"{cycle.code}-{_('Call sheet')}.pdf"
    answer["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    answer["Cache-Control"] = "private, no-store"
    return answer
