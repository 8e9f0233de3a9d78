"""Appeals 复核申请: the register, one appeal, the unit's form, the office's register of paper, letters and calls.

What may be done is told by scoring.actions.appeals; the decision of a point is in rulings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from bonuses.actions.documents import keep_file
from office import files, outgoing
from office.files import DOCX, PDF
from office.models import PaperKind, StoredFile
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import appeal_papers, appeal_queries
from scoring.actions import appeal_register as register_acts
from scoring.actions import appeals
from scoring.actions.appeal_register import Registration
from scoring.actions.appeals import AppealDraft, PointDraft
from scoring.appeal_forms import AnswerForm, ReasonForm, RecheckForm, RegisterForm, ReviewerForm
from scoring.appeal_queries import OWN, SEES_OTHERS
from scoring.appeal_windows import terms_of
from scoring.group_deeds import POINT
from scoring.models import OPEN_APPEALS, Appeal, AppealState, Channel, PointKind
from scoring.views.downloads import attachment
from units import foresight, permissions
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Unit
from units.pages import PageRequest, page
from units.queries import time_left

LIGHTS = {
    AppealState.DRAFT: "off",
    AppealState.REGISTERED: "amber",
    AppealState.FILED: "amber",
    AppealState.IN_CHECK: "amber",
    AppealState.CHECKED: "red",
    AppealState.DECIDED: "green",
    AppealState.ANSWERED: "green",
    AppealState.WITHDRAWN: "off",
}
MOST_FILES = 20


def crumbs(cycle: Cycle, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Appeals"), reverse("appeals", args=[cycle.code])), *steps]


def seen(request: PageRequest, pk: int) -> Appeal:
    """The appeal within the hat's sight, with all its page shows; 404 otherwise."""
    rows = appeal_queries.appeals_for(request.hat, request.cycle).filter(pk=pk)
    found = appeal_queries.with_all(rows).first()
    if found is None:
        raise appeals.not_found()
    return found


# The register ------------------------------------------------------------------------------------


@page("H03", "H05")
def appeals_page(request: PageRequest) -> HttpResponse:
    """What is open first; `?state=open` leaves the rest out."""
    cycle, hat = request.cycle, request.hat
    rows = appeal_queries.for_list(appeal_queries.appeals_for(hat, cycle))
    only_open = request.GET.get("state") == "open"
    if only_open:
        rows = rows.filter(state__in=OPEN_APPEALS)
    lines = [_line(appeal) for appeal in rows]
    lines.sort(key=lambda line: not line["appeal"].is_open)
    window = terms_of(cycle).window(hat.unit_id) if hat.role in OWN and hat.unit_id is not None else None
    may_draft = hat.role in OWN and permissions.may("H01", hat, cycle, unit_id=hat.unit_id)
    return render(
        request,
        "scoring/appeals.html",
        {
            "lines": lines,
            "only_open": only_open,
            "window": window,
            "left": time_left(window.closes_at) if window is not None else "",
            "is_over": window is not None and timezone.now() >= window.closes_at,
            "new_url": reverse("appeal-new", args=[cycle.code]) if may_draft else "",
            "register_url": reverse("appeal-register", args=[cycle.code])
            if hat.role is Role.OFFICE and permissions.may("H04", hat, cycle)
            else "",
            "letters_url": reverse("result-letters", args=[cycle.code])
            if hat.role is Role.OFFICE and permissions.may("G02", hat, cycle)
            else "",
            "xlsx_url": reverse("appeals-xlsx", args=[cycle.code]),
            "is_own": hat.role in OWN,
            "cycle": cycle,
        },
    )


def _line(appeal: Appeal) -> dict[str, Any]:
    return {
        "appeal": appeal,
        "light": LIGHTS[AppealState(appeal.state)],
        "points": [str(point) for point in appeal.points.all()],
        "days": (timezone.localdate() - appeal.received_on).days
        if appeal.received_on is not None and appeal.is_open
        else None,
    }


@page("H03", "H05")
def appeals_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    rows = appeal_queries.for_list(appeal_queries.appeals_for(request.hat, cycle)).order_by("number", "pk")
    columns = [
        ColumnOut(_("Appeal number")),
        ColumnOut(_("Asking unit")),
        ColumnOut(_("Questioned unit")),
        ColumnOut(_("Channel")),
        ColumnOut(_("Signed or sent by")),
        ColumnOut(_("Received on")),
        ColumnOut(_("What is questioned")),
        ColumnOut(_("Points of the appeal")),
        ColumnOut(_("Reviewer")),
        ColumnOut(_("State")),
    ]
    sheet = SheetOut(
        name=_("Appeals"),
        title=f"{cycle.code} {_('Appeals')}",
        columns=columns,
        rows=[
            [
                appeal.code,
                appeal.unit.name if appeal.unit is not None else "",
                appeal.about.name,
                str(appeal.get_channel_display()),
                appeal.sender,
                appeal.received_on.isoformat() if appeal.received_on else "",
                appeal.words,
                "；".join(str(point) for point in appeal.points.all()),
                str(appeal.reviewer) if appeal.reviewer is not None else "",
                str(appeal.get_state_display()),
            ]
            for appeal in rows
        ],
        frozen_columns=1,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Appeals')}.xlsx")


# One appeal --------------------------------------------------------------------------------------


@page("H03", "H05")
def appeal_page(request: PageRequest, pk: int) -> HttpResponse:
    return show(request, seen(request, pk))


def show(
    request: PageRequest,
    appeal: Appeal,
    refusal: Refused | None = None,
    forms: dict[str, Any] | None = None,
) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    may = _ways(hat, appeal)
    sees_others = hat.role in SEES_OTHERS
    units = [pk for pk in (appeal.unit_id, appeal.about_id) if pk is not None]
    context: dict[str, Any] = {
        "appeal": appeal,
        "light": LIGHTS[AppealState(appeal.state)],
        "points": [
            _point_line(appeal, point, hat, may, sees_others=sees_others) for point in appeal.points.all()
        ],
        "is_own": hat.role in OWN,
        "sees_others": sees_others,
        "sees_record": hat.role not in OWN or appeal.state == AppealState.DECIDED,
        "may": may,
        "is_tied": any(hat.is_tied_to(unit, cycle.pk) for unit in units) and hat.role not in OWN,
        "refusal": refusal,
        "breadcrumbs": crumbs(cycle, (appeal.code, "")),
        "receipt_url": reverse("appeal-receipt", args=[cycle.code, appeal.pk]) if appeal.number else "",
        "letter_url": reverse("appeal-letter", args=[cycle.code, appeal.pk]) if _has_letter(appeal) else "",
        "docx_url": reverse("appeal-letter-docx", args=[cycle.code, appeal.pk])
        if _has_letter(appeal) and hat.role not in OWN
        else "",
        "cycle": cycle,
    }
    if may["name"]:
        context["reviewer_form"] = ReviewerForm(people=appeal_queries.candidates(appeal))
        context["addable"] = appeal_queries.questionable(cycle, appeal.about) if may["add"] else []
    if may["recheck"]:
        context["recheck_form"] = RecheckForm()
    if may["answer"]:
        context["answer_form"] = AnswerForm()
    if may["withdraw"]:
        context["withdraw_form"] = ReasonForm()
    context |= forms or {}
    return render(request, "scoring/appeal.html", context, status=refusal.status if refusal else 200)


def _has_letter(appeal: Appeal) -> bool:
    return appeal.state in {AppealState.DECIDED, AppealState.ANSWERED}


def _ways(hat: Hat, appeal: Appeal) -> dict[str, bool]:
    """Which of the page's forms this hat may use now; the actions ask again."""
    state, cycle = appeal.state, appeal.cycle

    def may(row: str, *, is_named: bool = False) -> bool:
        return all(
            permissions.may(row, hat, cycle, unit_id=unit, is_named=is_named, acts_on_unit=True)
            for unit in (appeal.unit_id, appeal.about_id)
            if unit is not None
        )

    own = hat.role in OWN
    leads = hat.role in appeals.LEADERS
    named = appeal.reviewer_id == hat.user.pk
    office = hat.role is Role.OFFICE
    name = (
        not own
        and state in {AppealState.FILED, AppealState.IN_CHECK}
        and may("H04")
        and (leads or not appeal.is_about_another)
    )
    return {
        "edit": own
        and state == AppealState.DRAFT
        and permissions.may("H01", hat, cycle, unit_id=appeal.unit_id),
        "file": own
        and state == AppealState.DRAFT
        and permissions.may("H02", hat, cycle, unit_id=appeal.unit_id),
        "withdraw": own
        and (appeal.is_open or state == AppealState.DRAFT)
        and permissions.may("H02", hat, cycle, unit_id=appeal.unit_id),
        "compare": office
        and state == AppealState.REGISTERED
        and appeal.drafted_by_id != hat.user.pk
        and may("E14"),
        "answer": office
        and state == AppealState.FILED
        and appeal.channel in {Channel.LETTER, Channel.CALL}
        and may("E14"),
        "name": name,
        "add": (office or leads)
        and state in {AppealState.FILED, AppealState.IN_CHECK, AppealState.CHECKED}
        and may("H04")
        and name,
        "recheck": named
        and state in {AppealState.IN_CHECK, AppealState.CHECKED}
        and not any(point.first_at for point in appeal.points.all())
        and may("H05", is_named=True),
        "decide": not own and state == AppealState.CHECKED and may("H06"),
        "minutes": state == AppealState.CHECKED
        and permissions.may_on_behalf_of_group(
            "H06", hat, cycle, units=[unit for unit in (appeal.unit_id, appeal.about_id) if unit is not None]
        ),
    }


def _point_line(
    appeal: Appeal, point: Any, hat: Hat, may: dict[str, bool], *, sees_others: bool
) -> dict[str, Any]:
    code = appeal.cycle.code
    moves = foresight.kept(point.consequences)
    is_mine = point.first_by_id == hat.user.pk
    cell_url = ""
    if point.cell is not None and hat.role not in OWN and permissions.may("E05", hat, appeal.cycle):
        cell_url = reverse("cell", args=[code, point.cell_id])
    if point.adjustment is not None and (hat.role in SEES_OTHERS or hat.role in OWN):
        cell_url = reverse("adjustment", args=[code, point.adjustment_id])
    return {
        "point": point,
        "url": cell_url,
        "preview": foresight.Preview(moves) if sees_others and point.first_at is not None else None,
        "is_mine": is_mine,
        "rule_url": reverse("appeal-rule", args=[code, point.pk]),
        "sign_url": reverse("appeal-sign", args=[code, point.pk]),
        "back_url": reverse("appeal-send-back", args=[code, point.pk]),
        "minutes_url": reverse("minutes-enter", args=[code, POINT, point.pk])
        if may["minutes"] and not point.is_decided
        else "",
    }


# The unit's form ---------------------------------------------------------------------------------


def _points_sent(request: HttpRequest, name: str = "point") -> list[PointDraft]:
    found = []
    for text in request.POST.getlist(name):
        kind, _sign, pk = text.partition(":")
        if kind not in {PointKind.SCORE, PointKind.INVOLVEMENT, PointKind.ADJUSTMENT} or not pk.isdecimal():
            continue
        words = request.POST.get(f"words:{text}", "")
        if kind == PointKind.ADJUSTMENT:
            found.append(PointDraft(kind, adjustment_id=int(pk), words=words))
        else:
            found.append(PointDraft(kind, cell_id=int(pk), words=words))
    return found


def kept_files(request: HttpRequest, hat: Hat, name: str = "files") -> list[StoredFile]:
    """What came along, each checked by its content; raises Refused for what is not accepted."""
    sent = request.FILES.getlist(name)
    if len(sent) > MOST_FILES:
        raise Refused(
            "too-many-files", _("At most %(count)d files at once.") % {"count": MOST_FILES}, status=422
        )
    return [keep_file(one.chunks(), one.name or "", hat) for one in sent]


@page("H01", methods=("GET", "POST"))
def appeal_new(request: PageRequest) -> HttpResponse:
    return _form(request, None)


@page("H01", methods=("GET", "POST"))
def appeal_edit(request: PageRequest, pk: int) -> HttpResponse:
    appeal = seen(request, pk)
    if appeal.state != AppealState.DRAFT:
        return redirect("appeal", request.cycle.code, pk)
    return _form(request, appeal)


def _form(request: PageRequest, appeal: Appeal | None) -> HttpResponse:
    """Write or change a draft; the principal may sign it at once. What was typed stays after a refusal."""
    cycle, hat = request.cycle, request.hat
    assert hat.unit is not None
    permissions.require("H01", hat, cycle, unit_id=hat.unit_id)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            kept = _save_draft(request, hat, appeal)
            appeal = kept
            if request.POST.get("act") == "file":
                appeals.file_appeal(by=hat, cycle=cycle, appeal_id=kept.pk)
                messages.success(request, _("Filed. The acknowledgement with its number is on this page."))
            else:
                messages.success(request, _("Saved as a draft; the principal signs and files it."))
            return redirect("appeal", cycle.code, kept.pk)
        except Refused as refused:
            if refused.status == 404 or refused.code in {"stage-closed"}:
                raise
            refusal = refused
            if appeal is not None:
                appeal = seen(request, appeal.pk)
    return _show_form(request, appeal, refusal)


def _save_draft(request: PageRequest, hat: Hat, appeal: Appeal | None) -> Appeal:
    cycle = request.cycle
    about = None
    if request.POST.get("about"):
        about = Unit.objects.filter(
            memberships__block__cycle=cycle,
            pk=request.POST["about"] if request.POST["about"].isdecimal() else 0,
        ).first()
        if about is None:
            raise appeals.not_found()
    version = request.POST.get("version", "")
    return appeals.save_draft(
        by=hat,
        cycle=cycle,
        appeal_id=appeal.pk if appeal is not None else None,
        version=int(version) if version.isdecimal() and appeal is not None else None,
        draft=AppealDraft(
            words=request.POST.get("words", ""),
            about=about,
            points=_points_sent(request),
            files=kept_files(request, hat),
        ),
    )


def _show_form(request: PageRequest, appeal: Appeal | None, refusal: Refused | None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    assert hat.unit is not None
    posted = request.method == "POST"
    chosen = set(request.POST.getlist("point")) if posted else set(request.GET.getlist("point"))
    said: dict[str, str] = {}
    if appeal is not None and not posted:
        for point in appeal.points.all():
            key = f"{point.kind}:{point.cell_id or point.adjustment_id}"
            chosen.add(key)
            said[key] = point.words
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in appeal_queries.questionable(cycle, hat.unit):
        words = request.POST.get(f"words:{one.key}", "") if posted else said.get(one.key, "")
        groups.setdefault(one.group, []).append({"one": one, "is_chosen": one.key in chosen, "words": words})
    about = request.POST.get("about", "") if posted else str(appeal.about_id if appeal is not None else "")
    others = Unit.objects.filter(memberships__block__cycle=cycle).exclude(pk=hat.unit.pk).distinct()
    window = terms_of(cycle).window(hat.unit.pk)
    return render(
        request,
        "scoring/appeal_form.html",
        {
            "appeal": appeal,
            "groups": list(groups.items()),
            "words": request.POST.get("words", "") if posted else appeal.words if appeal is not None else "",
            "about": about,
            "others": [(str(unit.pk), unit.name) for unit in others],
            "window": window,
            "left": time_left(window.closes_at) if window is not None else "",
            "may_file": permissions.may("H02", hat, cycle, unit_id=hat.unit_id),
            "refusal": refusal,
            "breadcrumbs": crumbs(cycle, (appeal.code if appeal is not None else _("New appeal"), "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


# Registering paper, letters, calls ---------------------------------------------------------------


@page("E14", methods=("GET", "POST"))
def appeal_register(request: PageRequest) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    permissions.require("H04", hat, cycle)
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct()
    data = request.POST or None
    chosen = _about(request, units)
    choices: Sequence[tuple[str, str]] = (
        [
            (one.key, f"{one.group} · {one.label} · {one.figure}")
            for one in appeal_queries.questionable(cycle, chosen)
        ]
        if chosen is not None
        else []
    )
    only_show = request.POST.get("act") == "show"
    form = RegisterForm(data, request.FILES or None, units=units, choices=choices)
    refusal: Refused | None = None
    if request.method == "POST" and not only_show and form.is_valid():
        values = form.cleaned_data
        try:
            sent = values["file"]
            appeal = register_acts.register(
                by=hat,
                cycle=cycle,
                entry=Registration(
                    channel=values["channel"],
                    unit=values["unit"],
                    about=values["about"],
                    sender=values["sender"],
                    received_on=values["received_on"],
                    words=values["words"],
                    points=_points_sent(request, "points"),
                    scan=keep_file(sent.chunks(), sent.name, hat) if sent else None,
                ),
            )
        except Refused as refused:
            if refused.status == 404 or refused.code == "stage-closed":
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("Registered as %(code)s; the acknowledgement can be printed.") % {"code": appeal.code},
            )
            return redirect("appeal", cycle.code, appeal.pk)
    return render(
        request,
        "scoring/appeal_register.html",
        {
            "form": form,
            "refusal": refusal,
            "breadcrumbs": crumbs(cycle, (_("Register paper, a letter or a call"), "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _about(request: HttpRequest, units: Any) -> Unit | None:
    text = request.POST.get("about", request.GET.get("about", ""))
    found: Unit | None = units.filter(pk=int(text)).first() if text.isdecimal() else None
    return found


# Papers and files --------------------------------------------------------------------------------


@page("H03", "H05")
def appeal_file(request: PageRequest, pk: int, file: int) -> HttpResponseBase:
    """A file of the appeal; those of the re-check are not the asking unit's before the decision."""
    appeal = seen(request, pk)
    row = next((one for one in appeal.files.all() if one.pk == file), None)
    hidden = (
        row is not None
        and row.purpose == row.Purpose.RECHECK
        and request.hat.role in OWN
        and (appeal.state != AppealState.DECIDED or appeal.is_about_another)
    )
    if row is None or hidden:
        raise appeals.not_found()
    return files.deliver(row.file, inline=True)


def _paper(content: bytes, name: str, kind: str = PDF) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(kind != PDF, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("H03", "H05")
def appeal_receipt(request: PageRequest, pk: int) -> HttpResponse:
    appeal = seen(request, pk)
    if appeal.number is None:
        raise appeals.not_found()
    return _paper(appeal_papers.receipt_pdf(appeal), f"{appeal.code}-回执.pdf")


def _decided(request: PageRequest, pk: int) -> Appeal:
    appeal = seen(request, pk)
    if not _has_letter(appeal):
        raise appeals.not_found()
    return appeal


@page("H03")
def appeal_letter(request: PageRequest, pk: int) -> HttpResponse:
    appeal = _decided(request, pk)
    return _paper(appeal_papers.letter_pdf(appeal), f"{appeal.code}-告知书.pdf")


@page("H03")
def appeal_letter_docx(request: PageRequest, pk: int) -> HttpResponse:
    """For the office to work on; the unit takes the set one."""
    appeal = _decided(request, pk)
    if request.hat.role in OWN:
        raise appeals.not_found()
    content, name = appeal_papers.letter_docx(appeal), f"{appeal.code}-告知书.docx"
    if request.method == "GET":  # what it says is kept, so that it is known again when it comes back
        facts = appeal_papers.letter_context(appeal)["facts"]
        outgoing.keep(
            content,
            by=request.user,
            cycle_code=request.cycle.code,
            kind=PaperKind.APPEAL_LETTER,
            name=name,
            digest=facts.digest,
            code=facts.code,
            about_id=appeal.pk,
        )
    return _paper(content, name, DOCX)
