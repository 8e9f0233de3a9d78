"""The hearing, the hand-over of a frozen draft, its approval or return (§6(8)).

Sealing what was approved is in awards.actions.publication.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import edition, queries
from awards.models import Approval, Draft, Hearing, Purpose, Way
from awards.queries import Now
from awards.readiness import approval_lacks, second_calculation_lacks
from awards.words import what_changed
from office import audit
from office.refusal import Refused
from units.actions import signing
from units.actions.cycle import enter_by_deed
from units.actions.signing import Minutes, require_decider
from units.hats import Hat
from units.lacks import Lack
from units.models import STAGE_LABELS, Block, Cycle
from units.permissions import require, require_second, stage_of
from units.stages import Stage

LONGEST_REASON = 300
MOST_NAMED = 5
MOST_CHANGES = 3


def scope_label(scope: str) -> str:
    return scope or _("comprehensive appraisal")


def require_ready(lacks: Sequence[Lack]) -> None:
    """Refuse while anything is open that decides a place; nothing of it can be signed away."""
    if lacks:
        raise Refused(
            "not-ready",
            _("The result cannot be handed over yet: %(lacks)s")
            % {"lacks": " ".join(lack.text for lack in lacks[:MOST_NAMED])},
            "§6(8)",
            values={"lacks": [lack.text for lack in lacks]},
        )


def require_reason(reason: str, sentence: str) -> str:
    text = reason.strip()
    if not text:
        raise Refused("no-reason", sentence, "§6(8)", status=422)
    return text[:LONGEST_REASON]


def lock_cycle(cycle: Cycle) -> Cycle:
    return Cycle.objects.select_for_update(of=("self",)).select_related("host").get(pk=cycle.pk)


def freeze(now: Now, cycle: Cycle, purpose: Purpose, by: Hat) -> Draft:
    return Draft.objects.create(
        cycle=cycle,
        scope=now.scope,
        purpose=purpose,
        content=edition.canonical(now.draft).decode(),
        digest=now.digest,
        inputs_digest=now.inputs_digest,
        made_by=by.user,
        made_at=timezone.now(),
    )


@transaction.atomic
def decide_hearing(
    *,
    by: Hat,
    cycle: Cycle,
    digest: str,
    release: bool,
    reason: str = "",
    minutes: Minutes | None = None,
) -> list[Draft]:
    """The leading group releases the first result (初审), or returns it with a reason.  §6(8), R8.

    `digest` is the joint one of what was on the table. Returns the drafts as heard, one per scope.
    Raises Refused: not permitted, another stage, changed meanwhile, no reason for a return.
    """
    locked = lock_cycle(cycle)
    require_decider("I03", by, locked, minutes)
    require_at_hearing(locked)
    found = queries.everything_now(locked)
    if queries.joint_digest(found) != digest:
        raise Refused(
            "changed-meanwhile",
            _("The result was changed since this page was opened. Please look at it again, then decide."),
            "§6(8)",
        )
    kept = reason.strip()[:LONGEST_REASON]
    if release:
        require_ready(second_calculation_lacks(block for now in found for block in now.blocks))
    else:
        kept = require_reason(reason, _("Returning the result needs a reason."))
    drafts = [freeze(now, locked, Purpose.HEARING, by) for now in found]
    Hearing.objects.bulk_create(
        Hearing(draft=draft, is_released=release, reason=kept, by=by.user, at=timezone.now())
        for draft in drafts
    )
    audit.record(
        by,
        "hearing.released" if release else "hearing.returned",
        locked,
        cycle_code=locked.code,
        reason=kept,
        digests={draft.scope: draft.digest for draft in drafts},
        **signing.told(minutes),
    )
    return drafts


def require_at_hearing(cycle: Cycle) -> None:
    if cycle.stage_now is not Stage.HEARING:
        raise Refused(
            "not-at-hearing",
            _("%(cycle)s stands at “%(now)s”; the hearing is over or not open yet.")
            % {"cycle": cycle.code, "now": STAGE_LABELS[cycle.stage_now]},
            "§6(8)",
        )


@transaction.atomic
def hand_over(*, by: Hat, cycle: Cycle, scopes: Sequence[str] | None = None) -> list[Draft]:
    """Freeze the result and give it to the leading group; the year stands at approval then.  Row I01, §6(8).

    `scopes` None: everything that stands at results or approval; a track with its own calendar only in its
    time. Earlier drafts of the same scope are void from here on. Raises Refused: not permitted, a cell
    missing, a question open, the second calculation disagrees, nothing to hand over.
    """
    locked = lock_cycle(cycle)
    require("I01", by, locked, block=_governing(locked, scopes))
    found = [now for now in queries.everything_now(locked) if _is_due(locked, now, scopes)]
    if not found:
        raise Refused(
            "nothing-to-hand-over", _("No result stands at “results” or “approval”."), "§6(8)", status=422
        )
    require_ready(approval_lacks(locked, [block for now in found for block in now.blocks]))
    drafts = []
    for now in found:
        void_drafts(queries.awaiting(locked).filter(scope=now.scope), _("A newer draft took its place."))
        drafts.append(freeze(now, locked, Purpose.APPROVAL, by))
        for block in now.blocks:
            enter_by_deed(by=by, cycle=locked, stage=Stage.APPROVAL, block=block)
    audit.record(
        by,
        "result.handed-over",
        locked,
        cycle_code=locked.code,
        digests={draft.scope: draft.digest for draft in drafts},
    )
    cycle.stage = locked.stage
    return drafts


def _governing(cycle: Cycle, scopes: Sequence[str] | None) -> Block | None:
    """The block whose calendar governs when only one track is meant."""
    if scopes is None or len(scopes) != 1 or not scopes[0]:
        return None
    return cycle.blocks.filter(name=scopes[0]).first()


def _is_due(cycle: Cycle, now: Now, scopes: Sequence[str] | None) -> bool:
    if scopes is not None and now.scope not in scopes:
        return False
    return all(stage_of(cycle, block) in {Stage.RESULTS, Stage.APPROVAL} for block in now.blocks)


def void_drafts(drafts: object, reason: str) -> int:
    """Mark hand-overs as void with the reason; their content stays readable."""
    return drafts.update(voided_at=timezone.now(), void_reason=reason[:300])  # type: ignore[attr-defined,no-any-return]  # a queryset of drafts


def void_stale(cycle: Cycle) -> list[Draft]:
    """Void every hand-over whose inputs are no longer those that were frozen; says what changed.

    Run by the receiver of standing_is_stale in the transaction of the change, and before any approval.
    """
    voided = []
    scopes = None
    for draft in queries.awaiting(cycle):
        if scopes is None:
            scopes = {now.scope: now for now in queries.everything_now(draft.cycle)}
        now = scopes.get(draft.scope)
        if now is not None and now.inputs_digest == draft.inputs_digest:
            continue
        after = now.draft if now is not None else {}
        found = edition.differences(queries.content_of(draft).get("inputs", {}), after.get("inputs", {}))
        words = what_changed(found, MOST_CHANGES) or _("a reading")
        draft.void_reason = (_("Changed after the hand-over: %(what)s") % {"what": words})[:300]
        draft.voided_at = timezone.now()
        draft.save(update_fields=["voided_at", "void_reason"])
        voided.append(draft)
    if voided:
        with transaction.atomic():
            audit.record(
                None,
                "result.hand-over-voided",
                voided[0],
                cycle_code=cycle.code,
                reason=voided[0].void_reason,
                digests={draft.scope: draft.digest for draft in voided},
            )
    return voided


def _open_draft(draft_id: int, digest: str) -> Draft:
    """The draft awaiting approval with that digest, its inputs proved unchanged.

    Raises Refused when it is void, another one, or stale.
    """
    draft = Draft.objects.select_related("cycle__host").filter(pk=draft_id, purpose=Purpose.APPROVAL).first()
    if draft is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    with transaction.atomic():
        void_stale(draft.cycle)
    draft.refresh_from_db()
    draft = Draft.objects.select_related("cycle__host").get(pk=draft.pk)
    if draft.voided_at is not None:
        raise Refused(
            "draft-void",
            _("Draft %(code)s is void: %(why)s The office must hand over a new one.")
            % {"code": draft.code, "why": draft.void_reason},
            "§6(8)",
        )
    if draft.digest != digest:
        raise Refused(
            "stale-digest",
            _("You were shown another draft; the one awaiting approval is %(code)s. Please look at it first.")
            % {"code": draft.code},
            "§6(8)",
        )
    return draft


def block_of(draft: Draft) -> Block | None:
    return draft.cycle.blocks.filter(name=draft.scope).first() if draft.scope else None


def _require_still_open(draft: Draft) -> None:
    if Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk).voided_at is not None:
        raise Refused("draft-void", _("Draft %(code)s is void.") % {"code": draft.code}, "§6(8)")


def approve(*, by: Hat, draft_id: int, digest: str) -> Approval:
    """One member of the leading group approves exactly this draft; the second makes it stand.  Row I02, §6(8).

    Raises Refused: not permitted, another or a void draft, the same member twice, approved already.
    """
    draft = _open_draft(draft_id, digest)
    require("I02", by, draft.cycle, block=block_of(draft))
    with transaction.atomic():
        _require_still_open(draft)
        approval = Approval.objects.select_for_update(of=("self",)).filter(draft=draft).first()
        if approval is None:
            approval = Approval.objects.create(
                draft=draft, way=Way.SCREEN, first_by=by.user, first_at=timezone.now()
            )
            act = "result.approved-first"
        else:
            if approval.is_complete:
                raise approved_already(draft)
            require_second(approval.first_by_id, by)
            require_ready(approval_lacks(draft.cycle, _blocks_of(draft)))
            approval.second_by, approval.second_at = by.user, timezone.now()
            approval.save()
            act = "result.approved"
        audit.record(
            by,
            act,
            draft,
            cycle_code=draft.cycle.code,
            scope=draft.scope,
            digest=draft.digest,
            code=draft.code,
        )
    return approval


def _blocks_of(draft: Draft) -> list[Block]:
    names = [block["name"] for block in queries.content_of(draft)["inputs"]["blocks"]]
    return list(draft.cycle.blocks.filter(name__in=names))


def approve_from_minutes(*, by: Hat, draft_id: int, digest: str, minutes: Minutes) -> Approval:
    """What the meeting approved: typed by one person of the office, compared with the scan by another, `by`.
    It stands at once.  Rows E14, I02.

    Raises Refused: not permitted, another or a void draft, somebody approved it on screen already.
    """
    draft = _open_draft(draft_id, digest)
    require_decider("I02", by, draft.cycle, minutes, block=block_of(draft))
    with transaction.atomic():
        _require_still_open(draft)
        if Approval.objects.filter(draft=draft).exists():
            raise approved_already(draft)
        require_ready(approval_lacks(draft.cycle, _blocks_of(draft)))
        assert minutes.typed_by is not None  # required above
        now = timezone.now()
        approval = Approval.objects.create(
            draft=draft,
            way=Way.MINUTES,
            first_by=minutes.typed_by,
            first_at=now,
            second_by=by.user,
            second_at=now,
            met_on=minutes.met_on,
            chair=minutes.chair[:60],
            present=minutes.present[:500],
            minutes=minutes.scan,
        )
        audit.record(
            by,
            "result.approved",
            draft,
            cycle_code=draft.cycle.code,
            scope=draft.scope,
            digest=draft.digest,
            code=draft.code,
            **signing.told(minutes),
        )
    return approval


def approved_already(draft: Draft) -> Refused:
    return Refused(
        "approved-already",
        _("Draft %(code)s is approved already, or awaits a second person.") % {"code": draft.code},
    )


@transaction.atomic
def return_result(*, by: Hat, draft_id: int, reason: str, minutes: Minutes | None = None) -> Draft:
    """The leading group gives the draft back with a reason; the year stands at results again.  Row I03, §6(8).

    Raises Refused: not permitted, void already, no reason.
    """
    draft = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("cycle__host")
        .filter(pk=draft_id, purpose=Purpose.APPROVAL)
        .first()
    )
    if draft is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    block = block_of(draft)
    require_decider("I03", by, draft.cycle, minutes, block=block)
    kept = require_reason(reason, _("Returning the result needs a reason."))
    if draft.voided_at is not None:
        raise Refused("draft-void", _("Draft %(code)s is void.") % {"code": draft.code}, "§6(8)")
    draft.voided_at, draft.void_reason = timezone.now(), kept
    draft.save(update_fields=["voided_at", "void_reason"])
    audit.record(
        by,
        "result.returned",
        draft,
        cycle_code=draft.cycle.code,
        scope=draft.scope,
        reason=kept,
        code=draft.code,
        **signing.told(minutes),
    )
    enter_by_deed(by=by, cycle=lock_cycle(draft.cycle), stage=Stage.RESULTS, reason=kept, block=block)
    return draft
