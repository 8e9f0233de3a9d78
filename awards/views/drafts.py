"""Papers on their way through other hands as .docx (送审稿), each with the digest of what it says in its foot.

What stands on them is told by awards.docx_papers and awards.docx_meetings; the pages they belong to are beside this file.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from awards import award_queries, docx_meetings, docx_papers, edition, queries
from awards.actions import approval
from awards.readiness import approval_lacks, check_up
from awards.views.approval import draft_of
from office import files, outgoing
from office.models import PaperKind
from units.models import Cycle
from units.pages import PageRequest, page


def _docx(
    request: PageRequest, content: bytes, name: str, *, kind: PaperKind, digest: str, about_id: int = 0
) -> HttpResponse:
    """The paper to take away; what it says is kept, so that it is known again when it comes back."""
    if request.method == "GET":
        outgoing.keep(
            content,
            by=request.user,
            cycle_code=request.cycle.code,
            kind=kind,
            name=name,
            digest=digest,
            code=edition.short_code(digest),
            about_id=about_id,
        )
    response = HttpResponse(content, content_type=files.DOCX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("G02")
def briefing(request: PageRequest) -> HttpResponse:
    """The briefing for the leading group as .docx."""
    found = queries.everything_now(request.cycle)
    joint = queries.joint_digest(found)
    check = check_up(request.cycle, {now.scope: now.draft for now in found}, joint)
    heard, changed = queries.since_heard(request.cycle, found)
    content = docx_papers.briefing(request.cycle, found, check, joint, changed if heard else None)
    return _docx(
        request, content, f"{request.cycle.code}-初审汇报-送审稿.docx", kind=PaperKind.BRIEFING, digest=joint
    )


Make = Callable[[Cycle, docx_meetings.Meeting], bytes]
# kind of the address → what makes it, its word, what it is at the hearing, what at the approval
MEETING_PAPERS: dict[str, tuple[Make, str, PaperKind, PaperKind]] = {
    "agenda": (docx_meetings.agenda, "议程", PaperKind.HEARING_AGENDA, PaperKind.APPROVAL_AGENDA),
    "minutes": (docx_meetings.minutes, "纪要", PaperKind.HEARING_MINUTES, PaperKind.APPROVAL_MINUTES),
}


@page("G02")
def hearing_paper(request: PageRequest, kind: str) -> HttpResponse:
    """Agenda or minutes of the hearing as .docx, from the result as it stands now."""
    cycle = request.cycle
    found = queries.everything_now(cycle)
    meeting = docx_meetings.Meeting(
        name="初审会议",
        digest=queries.joint_digest(found),
        results=[block for now in found for block in now.draft["results"]["blocks"]],
        parts=[(approval.scope_label(now.scope), now.code) for now in found],
        questions=[lack.text for lack in approval_lacks(cycle)],
        decides="同意初审结果，向各单位公布其本单位结果。",
    )
    make, word, at_hearing, _at_approval = MEETING_PAPERS[kind]
    return _docx(
        request,
        make(cycle, meeting),
        f"{cycle.code}-初审会议{word}-送审稿.docx",
        kind=at_hearing,
        digest=meeting.digest,
    )


@page("G02")
def approval_paper(request: PageRequest, kind: str) -> HttpResponse:
    """Agenda or minutes of the approval as .docx, from the drafts handed over."""
    cycle = request.cycle
    drafts = list(queries.awaiting(cycle))
    if not drafts:
        messages.info(request, _("No draft awaits approval; the office hands the result over first."))
        return redirect("approval", cycle.code)
    contents = [queries.content_of(draft) for draft in drafts]
    in_question = award_queries.open_list(cycle)
    meeting = docx_meetings.Meeting(
        name="审定会议",
        digest=queries.joint_awaiting(drafts),
        results=[block for one in contents for block in one["results"]["blocks"]],
        parts=[
            *((approval.scope_label(draft.scope), draft.code) for draft in drafts),
            *([("获奖名单", edition.short_code(in_question.digest))] if in_question is not None else []),
        ],
        questions=[],
        decides="同意上述校验码所指的结果，予以审定，按程序公布。",
    )
    make, word, _at_hearing, at_approval = MEETING_PAPERS[kind]
    return _docx(
        request,
        make(cycle, meeting),
        f"{cycle.code}-审定会议{word}-送审稿.docx",
        kind=at_approval,
        digest=meeting.digest,
    )


@page("G02")
def draft_notice(request: PageRequest, pk: int) -> HttpResponse:
    """The notice on its way (送审稿) as .docx, the draft's digest in its foot."""
    draft = draft_of(request.cycle, pk)
    content = docx_papers.notice(request.cycle, draft)
    return _docx(
        request,
        content,
        f"{request.cycle.code}-通报-送审稿-{draft.code}.docx",
        kind=PaperKind.NOTICE,
        digest=draft.digest,
        about_id=draft.pk,
    )


@page("G02")
def decision(request: PageRequest) -> HttpResponse:
    """The decision on the awards from the list that is put forward, else from the one in force."""
    cycle = request.cycle
    found = award_queries.open_list(cycle) or award_queries.list_in_force(cycle)
    if found is None:
        messages.info(request, _("No list of awards is put forward yet; the office does that first."))
        return redirect("awards", cycle.code)
    found.cycle = cycle
    code = edition.short_code(found.digest)
    return _docx(
        request,
        docx_meetings.decision(cycle, found),
        f"{cycle.code}-表彰决定-送审稿-{code}.docx",
        kind=PaperKind.DECISION,
        digest=found.digest,
        about_id=found.pk,
    )
