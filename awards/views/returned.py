"""Papers that come back (送审稿退回核对): drop the .docx, see at once which figure was changed on its way.

Finding the original and comparing is in office.outgoing; here, whether what the paper speaks of still stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import edition, queries
from awards.models import AwardList, Draft
from awards.models.award import ListState
from awards.remembered import remembered
from awards.views.shared import tabs
from office import evidence, files, outgoing
from office.models import OutgoingPaper, PaperKind, ReturnedPaper
from office.refusal import Refused
from office.returned import Kind
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import appeal_papers
from scoring.models import Appeal
from scoring.views.downloads import attachment
from units.models import Cycle
from units.pages import PageRequest, page

MOST_LISTED = 50
LIST_STANDS = frozenset({ListState.DRAFT, ListState.SIGNED, ListState.DECIDED})


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference in the words of the page."""

    where: str
    before: str
    after: str
    line: str


def where_of(row: dict[str, Any]) -> str:
    """表2 第3行 白水乡 › 最终得分, or 第4段."""
    kind, table, number = row["place"]
    if kind == "row":
        words = _("Table %(table)d, row %(row)d") % {"table": table, "row": number}
        return " › ".join(filter(None, (words, row["label"], row["head"])))
    if kind == "box":
        return _("Text box")
    if kind == "note":
        return _("Footnote")
    return _("Paragraph %(number)d") % {"number": number}


def differences(returned: ReturnedPaper, kind: Kind) -> list[Shown]:
    return [
        Shown(where_of(row), row["before"], row["after"], row["line"])
        for row in returned.findings["differences"]
        if row["kind"] == kind.value
    ]


def notes_on(returned: ReturnedPaper) -> list[str]:
    """What the comparison met besides text, each in a sentence: nobody should rest on what it cannot see."""
    marks, foot = returned.findings["marks"], returned.findings["foot"]
    found: list[str] = []
    if marks["inserted"] or marks["deleted"]:
        who = "、".join(marks["authors"]) or _("an unnamed person")
        found.append(
            _(
                "Changes are tracked in it (%(inserted)d put in, %(deleted)d taken out, by %(who)s); they are compared as accepted."
            )
            % {"inserted": marks["inserted"], "deleted": marks["deleted"], "who": who}
        )
    counted = (
        ("struck", _("%(count)d passages are struck out; they are read as taken out.")),
        ("hidden", _("%(count)d passages are hidden; they are read as taken out.")),
        ("boxes", _("%(count)d text boxes were added; what they say is compared as well.")),
        ("comments", _("%(count)d comments stand beside the text; they are not part of it.")),
        ("pictures", _("%(count)d pictures were put in; figures in pictures are not read. Look at them.")),
        ("foreign", _("%(count)d embedded objects were put in; they are not read. Look at them.")),
    )
    found += [sentence % {"count": marks[mark]} for mark, sentence in counted if marks[mark]]
    if foot == ["lost"]:
        found.append(_("The digest in the foot is gone; the original was found by what the text says of it."))
    elif foot:
        found.append(
            _("Another digest or number stands in the foot than it was given out with: %(foreign)s.")
            % {"foreign": "、".join(foot)}
        )
    if returned.findings["by_hand"]:
        found.append(_("The original was chosen by hand, not found by the foot."))
    return found


def stale_words(cycle: Cycle, paper: OutgoingPaper) -> str:
    """Why the paper no longer says what stands, "" while it does."""
    return STILL_STANDS[PaperKind(paper.kind)](cycle, paper)


def _draft_stands(cycle: Cycle, paper: OutgoingPaper) -> str:
    draft = Draft.objects.filter(cycle=cycle, pk=paper.about_id).first()
    if draft is None or draft.voided_at is None:
        return ""
    return _("The draft it speaks of, %(code)s, is void: %(why)s") % {
        "code": draft.code,
        "why": draft.void_reason,
    }


def _hearing_stands(cycle: Cycle, paper: OutgoingPaper) -> str:
    found = remembered(cycle, "now", lambda: queries.everything_now(cycle))
    now = queries.joint_digest(found)
    if now == paper.digest:
        return ""
    return _("The result was changed since it was given out; it stands at %(code)s now.") % {
        "code": edition.short_code(now)
    }


def _approval_stands(cycle: Cycle, paper: OutgoingPaper) -> str:
    if queries.joint_awaiting(list(queries.awaiting(cycle))) == paper.digest:
        return ""
    return _("The drafts it speaks of are no longer those that were handed over.")


def _decision_stands(cycle: Cycle, paper: OutgoingPaper) -> str:
    found = AwardList.objects.filter(cycle=cycle, pk=paper.about_id, digest=paper.digest).first()
    if found is not None and found.state in LIST_STANDS:
        return ""
    return _("The list of awards it speaks of is no longer the one in question.")


def _appeal_stands(cycle: Cycle, paper: OutgoingPaper) -> str:
    appeal = Appeal.objects.filter(cycle=cycle, pk=paper.about_id).first()
    if appeal is not None and appeal_papers.letter_context(appeal)["facts"].digest == paper.digest:
        return ""
    return _("The appeal was decided otherwise since this answer was given out.")


STILL_STANDS: dict[PaperKind, Callable[[Cycle, OutgoingPaper], str]] = {
    PaperKind.NOTICE: _draft_stands,
    PaperKind.BRIEFING: _hearing_stands,
    PaperKind.HEARING_AGENDA: _hearing_stands,
    PaperKind.HEARING_MINUTES: _hearing_stands,
    PaperKind.APPROVAL_AGENDA: _approval_stands,
    PaperKind.APPROVAL_MINUTES: _approval_stands,
    PaperKind.DECISION: _decision_stands,
    PaperKind.APPEAL_LETTER: _appeal_stands,
}


@page("G02", methods=("GET", "POST"))
def returned(request: PageRequest) -> HttpResponse:
    """Drop a paper that came back; what was compared before, and which papers were given out."""
    if request.method == "POST":
        try:
            return _compare(request)
        except Refused as refusal:
            if refusal.status in {403, 404}:
                raise
            return _table(request, refusal)
    return _table(request)


def _compare(request: PageRequest) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused("no-file", _("Choose the .docx that came back."), status=422)
    if (upload.size or 0) > evidence.largest_bytes():
        raise Refused(
            "file-too-big",
            _("%(name)s is larger than %(most)d MB; a paper given out here is far smaller.")
            % {"name": files.safe_name(upload.name or ""), "most": evidence.largest_bytes() // evidence.MIB},
            status=413,
        )
    chosen = None
    if number := request.POST.get("paper", ""):
        chosen = OutgoingPaper.objects.filter(
            cycle_code=request.cycle.code, pk=int(number) if number.isdecimal() else 0
        ).first()
    found = outgoing.compare_returned(
        by=request.hat, cycle_code=request.cycle.code, upload=upload, chosen=chosen
    )
    return redirect("returned-paper", request.cycle.code, found.pk)


def _table(request: PageRequest, refusal: Refused | None = None) -> HttpResponse:
    cycle = request.cycle
    given = OutgoingPaper.objects.filter(cycle_code=cycle.code).select_related("given_to")
    rows = ReturnedPaper.objects.filter(paper__cycle_code=cycle.code).select_related(
        "paper", "file", "compared_by"
    )
    return render(
        request,
        "awards/returned.html",
        {
            "page_title": _("Papers that came back"),
            "tabs": tabs(request),
            "refusal": refusal,
            "chooses": refusal is not None and refusal.code == "unknown-paper",
            "given": list(given[:MOST_LISTED]),
            "rows": [
                (row, reverse("returned-paper", args=[cycle.code, row.pk])) for row in rows[:MOST_LISTED]
            ],
            "hearing_url": reverse("hearing", args=[cycle.code]),
        },
        status=refusal.status if refusal else 200,
    )


def _one(request: PageRequest, pk: int) -> ReturnedPaper:
    found = (
        ReturnedPaper.objects.filter(paper__cycle_code=request.cycle.code, pk=pk)
        .select_related("paper__given_to", "file", "compared_by")
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return found


@page("G02")
def returned_paper(request: PageRequest, pk: int) -> HttpResponse:
    """One comparison: figures first, then what was filled in, then the wording."""
    found = _one(request, pk)
    code = request.cycle.code
    return render(
        request,
        "awards/returned_paper.html",
        {
            "page_title": found.paper.get_kind_display(),
            "tabs": tabs(request),
            "found": found,
            "paper": found.paper,
            "figures": differences(found, Kind.FIGURE),
            "filled": differences(found, Kind.FILLED),
            "wording": differences(found, Kind.WORDING),
            "figures_held": found.findings["figures"],
            "notes": notes_on(found),
            "stale": stale_words(request.cycle, found.paper),
            "xlsx_url": reverse("returned-paper-xlsx", args=[code, found.pk]),
            "file_url": reverse("returned-paper-file", args=[code, found.pk]),
            "back_url": reverse("returned", args=[code]),
        },
    )


@page("G02")
def returned_paper_xlsx(request: PageRequest, pk: int) -> HttpResponse:
    found = _one(request, pk)
    words = {
        Kind.FIGURE: _("figure changed"),
        Kind.FILLED: _("filled in"),
        Kind.WORDING: _("wording changed"),
    }
    rows = [
        [words[kind], one.where, one.before, one.after, one.line]
        for kind in words
        for one in differences(found, kind)
    ]
    titles = (_("Kind"), _("Where"), _("Given out"), _("Came back"), _("The line it stands in"))
    sheet = SheetOut(
        _("What changed"), [ColumnOut(title) for title in titles], rows, title=str(found.paper), spare_rows=0
    )
    return attachment(
        write_workbook([sheet]),
        f"{request.cycle.code}-{_('Papers that came back')}-{found.paper.number}.xlsx",
    )


@page("G02")
def returned_paper_file(request: PageRequest, pk: int) -> HttpResponseBase:
    """The file as it came back."""
    return files.deliver(_one(request, pk).file)
