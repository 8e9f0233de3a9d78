"""The hearing, the approval and the correction of a result as decisions entered from the minutes (I02, I03, I05).

What they need and do is in awards.actions.approval and awards.actions.publication.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from awards import edition, queries
from awards.actions import approval, publication
from awards.models import Approval, Draft, Purpose
from office.refusal import Refused
from units.actions.signing import Minutes
from units.group_decisions import Answer, Deed, Matter, register
from units.hats import Hat
from units.models import Cycle, GroupDecision
from units.paper_forms import Way, nothing_here

APPROVE, RETURN, RELEASE, SEND_BACK, CORRECT = (
    "result-approve",
    "result-return",
    "hearing-release",
    "hearing-return",
    "edition-correct",
)


# The approval of a draft ---------------------------------------------------------------------------


def _draft(cycle: Cycle, about_id: int) -> Draft:
    draft = Draft.objects.filter(cycle=cycle, pk=about_id, purpose=Purpose.APPROVAL).first()
    if draft is None:
        raise nothing_here()
    draft.cycle = cycle
    if draft.voided_at is not None:
        raise Refused(
            "draft-void",
            _("Draft %(code)s is void: %(why)s The office must hand over a new one.")
            % {"code": draft.code, "why": draft.void_reason},
            "§6(8)",
        )
    return draft


def _draft_facts(draft: Draft) -> tuple[tuple[str, str], ...]:
    """The draft by its code, and the first three of each block."""
    blocks = queries.content_of(draft)["results"]["blocks"]
    firsts = tuple(
        (
            block["name"],
            "；".join(f"{r['rank']} {r['unit']} {r['final']}" for r in block["rows"] if r["rank"] <= 3),
        )
        for block in blocks
    )
    return (
        ("结果稿编号", draft.code),
        ("范围", approval.scope_label(draft.scope)),
        ("校验码", draft.digest),
        *firsts,
    )


def approve_matter(cycle: Cycle, about_id: int) -> Matter:
    draft = _draft(cycle, about_id)
    if Approval.objects.filter(draft=draft).exists():
        raise approval.approved_already(draft)
    return Matter(
        title=_("Approve draft %(code)s") % {"code": draft.code},
        facts=_draft_facts(draft),
        back=Way("approval"),
        block=approval.block_of(draft),
    )


def approve(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    draft = _draft(decision.cycle, decision.about_id)
    approval.approve_from_minutes(by=hat, draft_id=draft.pk, digest=draft.digest, minutes=minutes)


def return_matter(cycle: Cycle, about_id: int) -> Matter:
    draft = _draft(cycle, about_id)
    return Matter(
        title=_("Return draft %(code)s") % {"code": draft.code},
        facts=(("结果稿编号", draft.code), ("范围", approval.scope_label(draft.scope))),
        back=Way("approval"),
        block=approval.block_of(draft),
    )


def return_draft(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    approval.return_result(by=hat, draft_id=decision.about_id, reason=decision.reason, minutes=minutes)


# The hearing ---------------------------------------------------------------------------------------


def _hearing(title: object, cycle: Cycle, about_id: int) -> Matter:
    if about_id != cycle.pk:
        raise nothing_here()
    approval.require_at_hearing(cycle)
    return Matter(title=str(title), facts=(), back=Way("hearing"))


def hearing_answer(cycle: Cycle, _about_id: int, _typed: Mapping[str, str]) -> Answer:
    """The result as it lay on the table: its joint digest."""
    digest = queries.joint_digest(queries.everything_now(cycle))
    return Answer({"digest": digest}, (("初审结果编号", edition.short_code(digest)), ("校验码", digest)))


def release(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    _decide_hearing(hat, decision, minutes, is_release=True)


def send_back(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    _decide_hearing(hat, decision, minutes, is_release=False)


def _decide_hearing(hat: Hat, decision: GroupDecision, minutes: Minutes, *, is_release: bool) -> None:
    approval.decide_hearing(
        by=hat,
        cycle=decision.cycle,
        digest=str(decision.answer.get("digest", "")),
        release=is_release,
        reason=decision.reason,
        minutes=minutes,
    )


# A correction after publication --------------------------------------------------------------------


def correct_matter(cycle: Cycle, about_id: int) -> Matter:
    newest = queries.newest(cycle)
    if newest is None or newest.pk != about_id:
        raise nothing_here()
    return Matter(
        title=_("Correct or revoke edition %(number)d") % {"number": newest.number},
        facts=(("公布稿", f"第{newest.number}版 {newest.code}"),),
        back=Way("editions"),
    )


def correct(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    publication.correct_from_minutes(by=hat, cycle=decision.cycle, reason=decision.reason, minutes=minutes)


def connect() -> None:
    register(
        Deed(
            key=APPROVE,
            row="I02",
            label=gettext_lazy("approve the result"),
            matter=approve_matter,
            perform=approve,
            needs_reason=False,
        ),
        Deed(
            key=RETURN,
            row="I03",
            label=gettext_lazy("return the result"),
            matter=return_matter,
            perform=return_draft,
        ),
        Deed(
            key=RELEASE,
            row="I03",
            label=gettext_lazy("release the first result"),
            matter=lambda cycle, pk: _hearing(_("Release the first result"), cycle, pk),
            perform=release,
            needs_reason=False,
            answer=hearing_answer,
        ),
        Deed(
            key=SEND_BACK,
            row="I03",
            label=gettext_lazy("return the first result"),
            matter=lambda cycle, pk: _hearing(_("Return the first result"), cycle, pk),
            perform=send_back,
            answer=hearing_answer,
        ),
        Deed(
            key=CORRECT,
            row="I05",
            label=gettext_lazy("correct or revoke after publication"),
            matter=correct_matter,
            perform=correct,
        ),
    )
