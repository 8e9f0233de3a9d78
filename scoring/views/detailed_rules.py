"""Detailed rules: the register by sub-item, one sub-item's versions, filing, examining, the compiled text.

What may be filed and accepted is told by scoring.actions.detailed_rules.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office import evidence
from office.files import DOCX, PDF
from office.models import Evidence
from office.refusal import Refused
from scoring import rule_papers as papers
from scoring import rule_queries as queries
from scoring.actions import detailed_rules as acts
from scoring.commitment_forms import WordsForm
from scoring.models import DetailedRule, DetailedRuleState, RuleBook, SubItem
from scoring.rule_forms import RuleForm, draft_of, indicator_formset, initial_of, rule_initial
from scoring.views.commitments import _kept
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs as of_year
from scoring.views.shared import nothing_here
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may


def _sub(request: PageRequest, pk: int) -> SubItem:
    found = queries.sub_items(request.cycle).filter(pk=pk).first()
    if found is None:
        raise nothing_here()
    found.item.block.cycle = request.cycle
    return found


def crumbs(cycle: Cycle, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    return of_year(cycle, (_("Detailed rules"), reverse("detailed-rules", args=[cycle.code])), *steps)


def _files(cycle: Cycle, rows: list[Evidence]) -> dict[str, Any]:
    return {
        "rows": [(row, reverse("detailed-rule-file", args=[cycle.code, row.pk]), "") for row in rows],
        "upload_url": "",
        "key": "rules",
        "accept": evidence.ACCEPT,
        "what": "",
        "back": "",
    }


# The register ------------------------------------------------------------------------------------


@page("B01")
def register(request: PageRequest) -> HttpResponse:
    """`?mine=1` keeps what the hat's body leads."""
    return _register(request)


def _register(request: PageRequest, left: list[tuple[str, str]] | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    rows = queries.register(hat, cycle)
    is_lead = hat.role is Role.LEAD
    mine = is_lead and request.GET.get("mine", "1") == "1"
    shown = [row for row in rows if not mine or row.sub_item.lead_id == hat.unit_id]
    files_now = may(acts.FILE, hat, cycle)
    examines = acts.may_examine(hat, cycle)
    waiting = [row for row in rows if row.newest is not None and row.newest.state == DetailedRuleState.FILED]
    book = queries.newest_book(cycle)
    return render(
        request,
        "scoring/detailed_rules.html",
        {
            "rows": [(row, _may_write(hat, row, files_now=files_now)) for row in shown],
            "is_lead": is_lead,
            "mine": mine,
            "examines": examines and bool(waiting),
            "compiles": examines,
            "accepted": len([row for row in rows if row.accepted is not None]),
            "every": len(rows),
            "waiting": len(waiting),
            "book": book,
            "left": left or [],
            "closed": not files_now and hat.role in {Role.LEAD, Role.OFFICE},
            "xlsx_url": reverse("detailed-rules-xlsx", args=[cycle.code]),
            "book_url": reverse("rule-book", args=[cycle.code]),
            "breadcrumbs": of_year(cycle, (_("Detailed rules"), "")),
            "cycle": cycle,
        },
        status=409 if left else 200,
    )


def _may_write(hat: Hat, row: queries.SubItemRules, *, files_now: bool) -> bool:
    own = hat.role is Role.OFFICE or (hat.role is Role.LEAD and row.sub_item.lead_id == hat.unit_id)
    is_filed = row.newest is not None and row.newest.state == DetailedRuleState.FILED
    return files_now and own and not is_filed


@page("E10", methods=("POST",))
def accept_many(request: PageRequest) -> HttpResponse:
    ids = [int(one) for one in request.POST.getlist("row") if one.isdecimal() and len(one) < 19]
    if not ids:
        raise Refused("none-ticked", _("Nothing is ticked. Please tick what you have examined."), status=422)
    examined = acts.accept_many(by=request.hat, cycle=request.cycle, rule_ids=ids)
    if examined.done:
        messages.success(request, _("%(count)d detailed rules accepted.") % {"count": len(examined.done)})
    if examined.left:
        return _register(request, [(str(row), str(refusal)) for row, refusal in examined.left])
    return redirect("detailed-rules", request.cycle.code)


# One sub-item ------------------------------------------------------------------------------------


@page("B01")
def rules(request: PageRequest, pk: int) -> HttpResponse:
    return _show(request, _sub(request, pk))


def _show(request: PageRequest, sub: SubItem, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    versions = queries.versions_for(hat, sub)
    files = evidence.of_each(DetailedRule, [row.pk for row in versions])
    newest = versions[0] if versions else None
    block = sub.item.block
    examines = (
        newest is not None
        and newest.state == DetailedRuleState.FILED
        and may(acts.EXAMINE, hat, cycle, block=block)
    )
    writes = acts.may_file(hat, sub) and (newest is None or newest.state != DetailedRuleState.FILED)
    return render(
        request,
        "scoring/detailed_rule.html",
        {
            "sub": sub,
            "versions": [
                (
                    row,
                    queries.LIGHTS[DetailedRuleState(row.state)],
                    queries.floor_words(row),
                    _files(cycle, files.get(row.pk, [])),
                )
                for row in versions
            ],
            "places": cycle.places,
            "edit_url": reverse("detailed-rule-edit", args=[cycle.code, sub.pk]) if writes else "",
            "examine": newest if examines else None,
            "form": WordsForm(request.POST if refusal else None),
            "refusal": refusal,
            "breadcrumbs": crumbs(cycle, (f"{block.name} · {sub.name}", "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal is not None else 200,
    )


@page("E09", methods=("GET", "POST"))
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Write the rules; “keep” keeps a draft, “file” hands it to the office.  `?from=` begins with another's text."""
    cycle, hat = request.cycle, request.hat
    sub = _sub(request, pk)
    _require_own(hat, sub)
    newest = sub.detailed_rules.select_related("written_by").order_by("-number").first()
    open_one = newest if newest is not None and newest.is_open else None
    source = _source(request, sub) or newest
    indicators = list(source.indicators.order_by("order", "pk")) if source is not None else []
    more = request.GET.get("more", "")
    build = indicator_formset(extra=int(more) if more.isdecimal() and int(more) <= 20 else 2)
    refusal: Refused | None = None
    if request.method == "POST":
        form = RuleForm(request.POST, request.FILES)
        formset = build(request.POST)
        if form.is_valid() and formset.is_valid():
            edits = request.POST.get("edits", "")
            try:
                sent = request.FILES.get("file")
                account = acts.account_of(cycle, sub)
                acts.save_rules(
                    by=hat,
                    cycle=cycle,
                    sub_item_id=sub.pk,
                    draft=draft_of(form, formset.drafts()),
                    file="file_now" in request.POST,
                    edits=int(edits) if edits.isdecimal() and len(edits) < 10 else None,
                    received=evidence.receive(sent, request.user, account) if sent is not None else None,
                )
            except Refused as refused:
                refusal = _kept(request, acts.FILE, refused)
                open_one = sub.detailed_rules.filter(state=DetailedRuleState.DRAFT).first()
            else:
                if "more" in request.POST:
                    return redirect(reverse("detailed-rule-edit", args=[cycle.code, sub.pk]) + "?more=3")
                messages.success(
                    request,
                    _("The rules are filed; the appraisal office examines them.")
                    if "file_now" in request.POST
                    else _("Kept as a draft; the rules count when they are filed and accepted."),
                )
                return redirect("detailed-rule", cycle.code, sub.pk)
    else:
        form = RuleForm(initial=rule_initial(source))
        formset = build(initial=initial_of(indicators))
    return render(
        request,
        "scoring/detailed_rule_edit.html",
        {
            "sub": sub,
            "form": form,
            "formset": formset,
            "edits": open_one.edits if open_one is not None else 0,
            "words": newest.words
            if newest is not None and newest.state == DetailedRuleState.RETURNED
            else "",
            "others": _others(sub) if request.method == "GET" else [],
            "places": cycle.places,
            "refusal": refusal,
            "closed": refusal is None and not acts.may_file(hat, sub),
            "back_url": reverse("detailed-rule", args=[cycle.code, sub.pk]),
            "breadcrumbs": crumbs(
                cycle,
                (f"{sub.item.block.name} · {sub.name}", reverse("detailed-rule", args=[cycle.code, sub.pk])),
                (_("Write the rules"), ""),
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _require_own(hat: Hat, sub: SubItem) -> None:
    """Whose rules these are, whatever the stage; a helper is told who files them."""
    if hat.role is Role.LEAD and hat.unit_id != sub.lead_id:
        acts.require_may_file(hat, sub)
        raise nothing_here()


def _others(sub: SubItem) -> list[SubItem]:
    """The same body's sub-items of that name in other blocks, whose rules one may begin with."""
    if sub.lead_id is None:
        return []
    return list(
        SubItem.objects.filter(
            item__block__cycle=sub.item.block.cycle_id, lead=sub.lead_id, detailed_rules__isnull=False
        )
        .exclude(pk=sub.pk)
        .select_related("item__block")
        .distinct()
    )


def _source(request: PageRequest, sub: SubItem) -> DetailedRule | None:
    wanted = request.GET.get("from", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    other = next((one for one in _others(sub) if one.pk == int(wanted)), None)
    return other.detailed_rules.order_by("-number").first() if other is not None else None


@page("E10", methods=("POST",))
def examine(request: PageRequest, pk: int) -> HttpResponse:
    """POST verdict=accept or return, with words, for one filed version."""
    cycle = request.cycle
    row = DetailedRule.objects.filter(pk=pk, sub_item__item__block__cycle=cycle).first()
    if row is None:
        raise nothing_here()
    words = request.POST.get("words", "")
    try:
        if request.POST.get("verdict") == "accept":
            acts.accept(by=request.hat, cycle=cycle, rule_id=pk, words=words)
            messages.success(request, _("Accepted: indicators and floor hold from now on."))
        else:
            acts.return_with_words(by=request.hat, cycle=cycle, rule_id=pk, words=words)
            messages.success(request, _("Returned to the lead with your words."))
    except Refused as refused:
        return _show(request, _sub(request, row.sub_item_id), _kept(request, acts.EXAMINE, refused))
    return redirect("detailed-rule", cycle.code, row.sub_item_id)


@page("B01")
def attached(request: PageRequest, pk: int) -> FileResponse:
    """A file beside a version that the hat may read."""
    row = evidence.one(DetailedRule, pk)
    rule = (
        DetailedRule.objects.filter(pk=row.about_id, sub_item__item__block__cycle=request.cycle)
        .select_related("sub_item")
        .first()
    )
    if rule is None or rule.pk not in {one.pk for one in queries.versions_for(request.hat, rule.sub_item)}:
        raise nothing_here()
    return evidence.deliver(row, save=request.GET.get("save") == "1")


# The compiled text -------------------------------------------------------------------------------


def _text(request: PageRequest) -> papers.Text:
    """`?version=` an issued one; the newest otherwise, and `?version=now` as it stands today."""
    cycle = request.cycle
    wanted = request.GET.get("version", "")
    books = RuleBook.objects.filter(cycle=cycle).select_related("issued_by")
    if wanted == "now":
        return papers.Text(cycle, queries.compiled(cycle), None)
    if wanted:
        book = books.filter(number=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 6 else None
        if book is None:
            raise nothing_here()
    else:
        book = books.order_by("-number").first()
    return papers.Text(cycle, book.content if book is not None else queries.compiled(cycle), book)


@page("B01")
def book(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    text = _text(request)
    query = f"?version={text.book.number}" if text.book is not None else "?version=now"
    return render(
        request,
        "scoring/rule_book.html",
        {
            "text": text,
            "blocks": text.content["blocks"],
            "lacking": queries.without_rules(text.content),
            "books": list(RuleBook.objects.filter(cycle=cycle).select_related("issued_by")),
            "compiles": acts.may_examine(request.hat, cycle),
            "pdf_url": reverse("rule-book-pdf", args=[cycle.code]) + query,
            "docx_url": reverse("rule-book-docx", args=[cycle.code]) + query,
            "breadcrumbs": crumbs(cycle, (_("Compiled rules"), "")),
            "cycle": cycle,
        },
    )


@page("E10", methods=("POST",))
def compile_book(request: PageRequest) -> HttpResponse:
    made = acts.issue_book(by=request.hat, cycle=request.cycle)
    messages.success(request, _("Version %(number)d is issued.") % {"number": made.number})
    return redirect("rule-book", request.cycle.code)


def _sent(content: bytes, content_type: str, name: str, *, save: bool) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(save, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("B01")
def book_pdf(request: PageRequest) -> HttpResponse:
    text = _text(request)
    return _sent(papers.as_pdf(text), PDF, f"{request.cycle.code}-考评实施细则.pdf", save=False)


@page("B01")
def book_docx(request: PageRequest) -> HttpResponse:
    text = _text(request)
    return _sent(papers.as_docx(text), DOCX, f"{request.cycle.code}-考评实施细则.docx", save=True)


@page("B01")
def xlsx(request: PageRequest) -> HttpResponse:
    return attachment(papers.as_xlsx(_text(request)), f"{request.cycle.code}-考评细则.xlsx")
