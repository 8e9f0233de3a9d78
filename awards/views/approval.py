"""Pages of the leading group's two acts: the hearing, and the approval of a frozen draft (§6(8)).

The acts are in awards.actions.approval; papers on their way in awards.views.drafts, editions in awards.views.editions.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import edition, queries
from awards.actions import approval
from awards.content import scopes_of
from awards.group_deeds import APPROVE, RELEASE, RETURN, SEND_BACK
from awards.models import Approval, Draft, Purpose
from awards.readiness import approval_lacks, check_up
from awards.remembered import remembered, stamp_of
from awards.views.shared import tabs
from awards.words import words_of
from office import files
from office.refusal import Refused
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group
from units.stages import Stage

MOST_DIFFERENCES = 300


def _lines(found: list[edition.Difference]) -> list[dict[str, str]]:
    return [{"where": words_of(d), "before": d.before, "after": d.after} for d in found[:MOST_DIFFERENCES]]


@page("G02")
def hearing(request: PageRequest) -> HttpResponse:
    """The check-up of the evening before, what was heard last, and the way to release or return."""
    cycle = request.cycle
    stamp = stamp_of(cycle)
    found = remembered(cycle, "now", lambda: queries.everything_now(cycle), stamp=stamp)
    joint = queries.joint_digest(found)
    check = remembered(
        cycle,
        "check-up",
        lambda: check_up(cycle, {now.scope: now.draft for now in found}, joint),
        stamp=stamp,
    )
    heard, changed = remembered(cycle, "since-heard", lambda: queries.since_heard(cycle, found), stamp=stamp)
    at_hearing = cycle.stage_now is Stage.HEARING
    return render(
        request,
        "awards/hearing.html",
        {
            "page_title": _("Hearing"),
            "tabs": tabs(request),
            "places": cycle.places,
            "check": check,
            "digest": joint,
            "code": edition.short_code(joint),
            "heard": heard.get(""),
            "changes": _lines(changed),
            "changes_total": len(changed),
            "changes_shown": min(len(changed), MOST_DIFFERENCES),
            "at_hearing": at_hearing,
            "may_decide": at_hearing and may("I03", request.hat, cycle),
            "decide_url": reverse("hearing-decide", args=[cycle.code]),
            "minutes": [
                (label, reverse("minutes-enter", args=[cycle.code, deed, cycle.pk]))
                for deed, label in (
                    (RELEASE, _("Release the first result")),
                    (SEND_BACK, _("Return the first result")),
                )
                if at_hearing and may_on_behalf_of_group("I03", request.hat, cycle)
            ],
            "briefing_url": reverse("briefing", args=[cycle.code]),
            "board_url": reverse("board", args=[cycle.code]),
        },
    )


@page("I03", methods=("POST",))
def hearing_decide(request: PageRequest) -> HttpResponse:
    """Posts the digest that was on the page, never a figure."""
    release = request.POST.get("deed") == "release"
    approval.decide_hearing(
        by=request.hat,
        cycle=request.cycle,
        digest=request.POST.get("digest", ""),
        release=release,
        reason=request.POST.get("reason", ""),
    )
    messages.success(
        request, _("The first result is released.") if release else _("The first result is returned.")
    )
    return redirect("hearing", request.cycle.code)


@page("G02")
def approve_page(request: PageRequest) -> HttpResponse:
    """The frozen drafts with their digests, who has signed, what keeps the hand-over, and the next edition."""
    cycle, hat = request.cycle, request.hat
    drafts = list(queries.awaiting(cycle))
    scopes = scopes_of(cycle)
    under_way = queries.under_way(cycle)
    may_hand_over = may("I01", hat, cycle)
    complete = {d.scope for d in drafts if _approval_of(d) is not None and d.approval.is_complete}
    all_approved = bool(drafts) and set(scopes) <= complete
    return render(
        request,
        "awards/approval.html",
        {
            "page_title": _("Approval"),
            "tabs": tabs(request),
            "drafts": [_draft_line(request, draft) for draft in drafts],
            "voided": Draft.objects.filter(
                cycle=cycle, purpose=Purpose.APPROVAL, voided_at__isnull=False
            ).select_related("made_by")[:10],
            "lacks": remembered(cycle, "lacks", lambda: approval_lacks(cycle))
            if may_hand_over and not drafts
            else [],
            "may_hand_over": may_hand_over and set(scopes) - {d.scope for d in drafts} != set(),
            "hand_over_url": reverse("hand-over", args=[cycle.code]),
            "under_way": under_way,
            "may_publish": all_approved and under_way is None and may("I04", hat, cycle),
            "may_confirm": under_way is not None
            and under_way.confirmed_by_id is None
            and under_way.asked_by_id != hat.user.pk
            and may("I04", hat, cycle),
            "may_restart": under_way is not None
            and under_way.confirmed_by_id is not None
            and may("I04", hat, cycle),
            "may_withdraw": under_way is not None and may("I04", hat, cycle),
            "job": job_line(under_way.job) if under_way is not None and under_way.job else None,
            "all_approved": all_approved,
        },
    )


def job_line(job: Any) -> dict[str, Any]:
    return {
        "what": job.message or job.doing or job.get_state_display(),
        "done": job.done,
        "total": job.total,
        "running": not job.is_over,
        "poll_url": reverse("job-progress", args=[job.pk]),
        "cancel_url": reverse("job-cancel", args=[job.pk]),
    }


def _approval_of(draft: Draft) -> Approval | None:
    return getattr(draft, "approval", None)


def _draft_line(request: PageRequest, draft: Draft) -> dict[str, Any]:
    cycle, hat = request.cycle, request.hat
    block = cycle.blocks.filter(name=draft.scope).first() if draft.scope else None
    signed = _approval_of(draft)
    waits = signed is None or not signed.is_complete
    results = queries.content_of(draft)["results"]
    return {
        "draft": draft,
        "label": approval.scope_label(draft.scope),
        "approval": signed,
        "first_three": [
            (b["name"], [(r["rank"], r["unit"], r["final"]) for r in b["rows"] if r["rank"] <= 3])
            for b in results["blocks"]
        ],
        "may_approve": waits
        and (signed is None or (signed.way == "screen" and signed.first_by_id != hat.user.pk))
        and may("I02", hat, cycle, block=block),
        "may_return": may("I03", hat, cycle, block=block),
        "approve_url": reverse("approve", args=[cycle.code, draft.pk]),
        "return_url": reverse("return-result", args=[cycle.code, draft.pk]),
        "minutes_url": reverse("minutes-enter", args=[cycle.code, APPROVE, draft.pk])
        if signed is None and may_on_behalf_of_group("I02", hat, cycle, block=block)
        else "",
        "minutes_return_url": reverse("minutes-enter", args=[cycle.code, RETURN, draft.pk])
        if may_on_behalf_of_group("I03", hat, cycle, block=block)
        else "",
        "scan_url": reverse("minutes-scan", args=[cycle.code, draft.pk]) if signed and signed.minutes else "",
        "notice_url": reverse("draft-notice", args=[cycle.code, draft.pk]),
    }


def draft_of(cycle: Cycle, pk: int) -> Draft:
    draft = (
        Draft.objects.filter(cycle=cycle, pk=pk, purpose=Purpose.APPROVAL).select_related("approval").first()
    )
    if draft is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return draft


def _back(request: PageRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("approval", request.cycle.code)


@page("I01", methods=("POST",))
def hand_over(request: PageRequest) -> HttpResponse:
    drafts = approval.hand_over(by=request.hat, cycle=request.cycle)
    codes = "、".join(draft.code for draft in drafts)
    return _back(request, _("Handed over: %(codes)s.") % {"codes": codes})


@page("I02", methods=("POST",))
def approve(request: PageRequest, pk: int) -> HttpResponse:
    draft = draft_of(request.cycle, pk)
    signed = approval.approve(by=request.hat, draft_id=draft.pk, digest=request.POST.get("digest", ""))
    if signed.is_complete:
        return _back(request, _("Draft %(code)s is approved.") % {"code": draft.code})
    return _back(
        request, _("You approved draft %(code)s; a second member must do so too.") % {"code": draft.code}
    )


@page("I03", methods=("POST",))
def return_result(request: PageRequest, pk: int) -> HttpResponse:
    draft = draft_of(request.cycle, pk)
    approval.return_result(by=request.hat, draft_id=draft.pk, reason=request.POST.get("reason", ""))
    return _back(request, _("Draft %(code)s is returned; the year stands at results.") % {"code": draft.code})


@page("G02")
def minutes_scan(request: PageRequest, pk: int) -> Any:
    signed = _approval_of(draft_of(request.cycle, pk))
    if signed is None or signed.minutes is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return files.deliver(signed.minutes, inline=True)
