"""Publishing: two persons ask, a job seals; superseding an edition; opening it to everybody (§6(8), §8(4)).

What an edition holds is in awards.edition, its papers in awards.reports, its workbook in awards.live_workbook.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import award_queries, content, edition, live_workbook, queries, reports
from awards.actions.approval import freeze, lock_cycle, require_ready, require_reason, scope_label
from awards.models import Approval, AwardList, Draft, Edition, EditionFile, Purpose, Way
from awards.readiness import approval_lacks
from awards.sealed_awards import sealed_awards
from office import audit, files, jobs
from office.jobs import Progress
from office.models import Job, User
from office.refusal import Refused
from units import permissions
from units.actions import signing
from units.actions.cycle import enter_by_deed
from units.actions.signing import Minutes, require_decider
from units.hats import Hat, hat_that_may
from units.matrix import Role
from units.models import Cycle
from units.permissions import ON_BEHALF, require, require_on_behalf_of_group, require_second
from units.stages import AFTER_PUBLICATION, Stage

JOB_KIND = "publish"
Step = Callable[[int, int, str], None]


def _no_step(done: int, total: int, doing: str = "") -> None:
    """For callers that show no progress."""


def ask_publication(
    *,
    by: Hat,
    cycle: Cycle,
    reason: str = "",
    document_number: str = "",
    minutes: Minutes | None = None,
) -> Edition:
    """The first person asks for the next edition: the office at approval (I04), afterwards the leading group (I05).

    The first edition takes the approved drafts; a later one freezes the result as it stands, and needs a reason.
    Raises Refused: not permitted, something not approved, nothing changed, one is under way already.
    """
    with transaction.atomic():
        locked = lock_cycle(cycle)
        if queries.under_way(locked) is not None:
            raise _under_way(locked)
        before = queries.newest(locked)
        if before is None:
            require("I04", by, locked)
            drafts = _approved_drafts(locked)
            kept = reason.strip()[:300]
        else:
            require_decider("I05", by, locked, minutes)
            kept = require_reason(
                reason,
                _("Edition %(number)d is published; the next one supersedes it and needs a reason.")
                % {"number": before.number},
            )
            drafts = _corrected_drafts(by, locked, before, kept, minutes)
        last = Edition.objects.filter(cycle=locked).aggregate(last=Max("number"))["last"] or 0
        try:
            with transaction.atomic():
                asked = Edition.objects.create(
                    cycle=locked,
                    number=last + 1,
                    reason=kept,
                    document_number=document_number.strip()[:60],
                    award_list=_awards_to_seal(locked),
                    supersedes=before,
                    asked_by=_first_person(by, minutes),
                    asked_at=timezone.now(),
                )
        except IntegrityError as error:
            raise _under_way(locked) from error
        asked.drafts.set(drafts)
        audit.record(
            by,
            "edition.asked",
            asked,
            cycle_code=locked.code,
            number=asked.number,
            reason=kept,
            digests={draft.scope: draft.digest for draft in drafts},
            **signing.told(minutes),
        )
    return asked


def _first_person(by: Hat, minutes: Minutes | None) -> User:
    """Who asked: the person of the hat, or who typed the minutes that `by` compared."""
    return minutes.typed_by if minutes is not None and minutes.typed_by is not None else by.user


def correct_from_minutes(
    *, by: Hat, cycle: Cycle, reason: str, minutes: Minutes, start_job: bool = True
) -> Edition:
    """The meeting corrected or revoked: asked by who typed it, confirmed by who compared it, `by`.  E14, I05"""
    with transaction.atomic():
        asked = ask_publication(by=by, cycle=cycle, reason=reason, minutes=minutes)
        return confirm_publication(by=by, edition_id=asked.pk, start_job=start_job)


def _require_may_publish(by: Hat, asked: Edition, cycle: Cycle) -> None:
    """I04 for the first edition; for a later one I05, which the office may act on where minutes decided it."""
    if asked.supersedes_id is None:
        require("I04", by, cycle)
    elif by.role is Role.OFFICE and is_from_minutes(asked):
        require_on_behalf_of_group("I05", by, cycle)
    else:
        require("I05", by, cycle)


def is_from_minutes(asked: Edition) -> bool:
    return Approval.objects.filter(draft__in=asked.drafts.all(), way=Way.MINUTES).exists()


def _under_way(cycle: Cycle) -> Refused:
    return Refused(
        "publication-under-way",
        _("An edition of %(cycle)s is under way already; confirm it or take it back first.")
        % {"cycle": cycle.code},
    )


def _awards_to_seal(cycle: Cycle) -> AwardList | None:
    """The list in force; raises Refused while it still gives something to a unit that may not win any more."""
    in_force = award_queries.list_in_force(cycle)
    if in_force is None:
        return None
    ground = award_queries.ground_of(cycle)
    barred = [
        award
        for award in award_queries.awards_on(in_force)
        if award.membership_id is not None and ground.facts.is_barred(award.membership_id, award.scheme.kind)
    ]
    if barred:
        raise Refused(
            "award-of-a-barred-unit",
            _(
                "%(award)s still stands with %(unit)s, which may not win any more; decide a new list of awards first."
            )
            % {
                "award": barred[0].scheme.name,
                "unit": barred[0].membership.unit if barred[0].membership else "",
            },
            "§8(4)",
        )
    return in_force


def _approved_drafts(cycle: Cycle) -> list[Draft]:
    """One approved draft for every scope with members; raises Refused naming what is not approved."""
    have = {draft.scope: draft for draft in queries.awaiting(cycle)}
    open_scopes = [
        scope_label(scope)
        for scope in content.scopes_of(cycle)
        if scope not in have or not _approval_of(have[scope])
    ]
    if open_scopes:
        raise Refused(
            "not-approved",
            _("Not approved yet: %(scopes)s. Everything is published together.")
            % {"scopes": "、".join(open_scopes)},
            "§6(8)",
        )
    return list(have.values())


def _approval_of(draft: Draft) -> Approval | None:
    approval = Approval.objects.filter(draft=draft).select_related("first_by", "second_by", "minutes").first()
    return approval if approval is not None and approval.is_complete else None


def _corrected_drafts(
    by: Hat, cycle: Cycle, before: Edition, reason: str, minutes: Minutes | None
) -> list[Draft]:
    """The result as it stands now, first signed by the person who asks."""
    found = queries.everything_now(cycle)
    sealed_inputs = {draft.scope: draft.inputs_digest for draft in before.drafts.all()}
    in_force = award_queries.list_in_force(cycle)
    same_awards = before.award_list_id == (in_force.pk if in_force is not None else None)
    if same_awards and all(sealed_inputs.get(now.scope) == now.inputs_digest for now in found):
        raise Refused(
            "nothing-changed",
            _("Nothing was changed since edition %(number)d; there is nothing to correct.")
            % {"number": before.number},
            "§8(4)",
        )
    require_ready(approval_lacks(cycle, [block for now in found for block in now.blocks]))
    drafts = [freeze(now, cycle, Purpose.CORRECTION, by) for now in found]
    meeting = (
        {
            "way": Way.MINUTES,
            "met_on": minutes.met_on,
            "chair": minutes.chair[:60],
            "present": minutes.present[:500],
            "minutes": minutes.scan,
        }
        if minutes is not None
        else {"way": Way.SCREEN}
    )
    first = _first_person(by, minutes)
    Approval.objects.bulk_create(
        Approval(draft=draft, first_by=first, first_at=timezone.now(), reason=reason, **meeting)
        for draft in drafts
    )
    return drafts


def confirm_publication(*, by: Hat, edition_id: int, start_job: bool = True) -> Edition:
    """The second person confirms; from then on the edition only needs its job.  Rows I04, I05.

    Raises Refused: not permitted, the same person, nothing asked, or a change since it was asked.
    """
    with transaction.atomic():
        asked = _asked(edition_id)
        cycle = lock_cycle(asked.cycle)
        _require_may_publish(by, asked, cycle)
        if asked.confirmed_by_id is None:
            require_second(asked.asked_by_id, by)
            _require_unchanged(asked)
            head = content.log_head()
            asked.confirmed_by, asked.confirmed_at = by.user, timezone.now()
            # The chain as it ends here is sealed with the edition; a retry seals the same.
            asked.log_number, asked.log_digest = head["number"], head["digest"]
            asked.save()
            if asked.supersedes_id is not None:
                Approval.objects.filter(draft__in=asked.drafts.all()).update(
                    second_by=by.user, second_at=asked.confirmed_at
                )
            audit.record(by, "edition.confirmed", asked, cycle_code=cycle.code, number=asked.number)
        if start_job:
            _start(asked, by)
    return asked


def _asked(edition_id: int) -> Edition:
    asked = (
        Edition.objects.select_for_update(of=("self",))
        .select_related("cycle__host", "supersedes")
        .filter(pk=edition_id, sealed_at__isnull=True)
        .first()
    )
    if asked is None:
        raise Refused("nothing-asked", _("There is no edition under way with this number."), status=404)
    return asked


def _start(asked: Edition, by: Hat) -> None:
    jobs.reap()
    running = asked.job
    if running is not None and not running.is_over:
        return
    title = _("Publishing %(cycle)s, edition %(number)d") % {
        "cycle": asked.cycle.code,
        "number": asked.number,
    }
    asked.job = jobs.start(JOB_KIND, title, by.user, {"edition": asked.pk}, cycle_code=asked.cycle.code)
    asked.save(update_fields=["job"])


@transaction.atomic
def withdraw_publication(*, by: Hat, edition_id: int) -> None:
    """Take back what was asked; nothing was published.  Rows I04, I05."""
    asked = _asked(edition_id)
    _require_may_publish(by, asked, asked.cycle)
    if asked.job is not None and not asked.job.is_over:
        raise Refused("job-running", _("The edition is being sealed; stop its job first."))
    audit.record(by, "edition.withdrawn", asked, cycle_code=asked.cycle.code, number=asked.number)
    asked.delete()


def _require_unchanged(asked: Edition) -> None:
    """The inputs are still those that were approved, and another calculation gives the same."""
    now = {found.scope: found for found in queries.everything_now(asked.cycle)}
    drafts = list(asked.drafts.all())
    for draft in drafts:
        found = now.get(draft.scope)
        if draft.voided_at is not None or found is None or found.inputs_digest != draft.inputs_digest:
            raise Refused(
                "changed-after-approval",
                _(
                    "The result of %(scope)s was changed after draft %(code)s was approved; it must be handed over and approved again."
                )
                % {"scope": scope_label(draft.scope), "code": draft.code},
                "§6(8)",
            )
    require_ready(approval_lacks(asked.cycle, [block for found in now.values() for block in found.blocks]))


def edition_content(asked: Edition) -> dict[str, Any]:
    """The content of edition.json; the same however often it is made."""
    drafts = {draft.scope: draft for draft in asked.drafts.all()}
    parts = []
    for scope in content.scopes_of(asked.cycle):
        if scope in drafts:
            draft = drafts[scope]
            parts.append(
                {
                    "scope": scope,
                    "draft": queries.content_of(draft),
                    "digest": draft.digest,
                    "approval": _approval_told(draft),
                }
            )
    before = asked.supersedes
    blocks = asked.cycle.blocks.order_by("order", "pk").values_list("name", flat=True)
    return edition.edition_of(
        cycle={
            "code": asked.cycle.code,
            "name": asked.cycle.name,
            "host": asked.cycle.host.name,
            "blocks": [{"name": name} for name in blocks],
        },
        number=asked.number,
        reason=asked.reason,
        document_number=asked.document_number,
        supersedes=None if before is None else {"number": before.number, "digest": before.digest},
        parts=parts,
        log_head={"number": asked.log_number, "digest": asked.log_digest},
        sealed_on=timezone.localdate(asked.confirmed_at).isoformat(),
        awards=sealed_awards(asked.award_list),
    )


def _approval_told(draft: Draft) -> dict[str, Any]:
    approval = _approval_of(draft)
    if approval is None or approval.second_by is None or approval.second_at is None:
        raise Refused("not-approved", _("Draft %(code)s is not approved.") % {"code": draft.code}, "§6(8)")
    told: dict[str, Any] = {
        "way": approval.way,
        "by": [str(approval.first_by), str(approval.second_by)],
        "at": [audit.instant(approval.first_at), audit.instant(approval.second_at)],
    }
    if approval.minutes is not None:
        told |= {
            "met_on": str(approval.met_on),
            "chair": approval.chair,
            "present": approval.present,
            "minutes": approval.minutes.sha256,
        }
    return told


def build_files(asked: Edition, step: Step = _no_step) -> dict[str, tuple[str, str, bytes]]:
    """Name → (kind, title, bytes) of every file of the edition, manifest included; writes nothing.

    Raises Refused when the papers cannot be set (no pango, no Chinese face).
    """
    sealed = edition_content(asked)
    body = edition.canonical(sealed)
    facts = reports.Facts.of(sealed, edition.digest_of(body))
    made: dict[str, tuple[str, str, bytes]] = {
        edition.EDITION_FILE: ("edition", _("Edition as data"), body),
        edition.VERIFIER_FILE: ("verifier", _("Verifier"), edition.verifier_source()),
    }
    papers = reports.papers_of(facts, queries.differences_to_before(asked))
    total = len(papers) + 2
    for done, paper in enumerate(papers):
        step(done, total, paper.title)
        made[paper.name] = (paper.kind, paper.title, paper.pdf())
    step(len(papers), total, _("Live workbook"))
    made["workbook.xlsx"] = ("workbook", _("Live workbook"), live_workbook.build(sealed))
    manifest = edition.manifest_of(
        {name: content for name, (_kind, _title, content) in made.items()},
        cycle=asked.cycle.code,
        number=asked.number,
    )
    made[edition.MANIFEST_FILE] = ("manifest", _("Manifest"), edition.canonical(manifest))
    step(total, total, _("Live workbook"))
    return made


def seal(asked: Edition, by: Hat, step: Step = _no_step) -> Edition:
    """Make every file, then in one transaction store them, mark the edition sealed and publish the year.

    Before that transaction commits nothing is published; after it everything is. Raises Refused when the
    result was changed meanwhile, when papers cannot be made or the disk is full.
    """
    if asked.confirmed_by_id is None:
        raise Refused("not-confirmed", _("A second person must confirm the edition first."))
    _require_unchanged(asked)
    made = build_files(asked, step)
    with transaction.atomic():
        cycle = lock_cycle(asked.cycle)
        locked = Edition.objects.select_for_update(of=("self",)).get(pk=asked.pk)
        if locked.sealed_at is not None:
            return locked
        asked.cycle = cycle
        _require_unchanged(asked)
        for name, (kind, title, body) in made.items():
            stored = files.store([body], f"{cycle.code}-{locked.number}-{name}", by.user)
            EditionFile.objects.create(edition=locked, name=name, kind=kind, title=title, file=stored)
        locked.digest = edition.digest_of(made[edition.EDITION_FILE][2])
        locked.code = edition.short_code(locked.digest)
        locked.sealed_at = timezone.now()
        if locked.supersedes_id is not None:
            # Whoever could read the old one reads the new one.
            locked.is_open = Edition.objects.get(pk=locked.supersedes_id).is_open
        locked.save()
        audit.record(
            by,
            "edition.sealed",
            locked,
            cycle_code=cycle.code,
            number=locked.number,
            digest=locked.digest,
            code=locked.code,
            reason=locked.reason,
        )
        if cycle.stage_now is Stage.APPROVAL:
            for block in [b for b in cycle.blocks.all() if b.has_own_calendar]:
                enter_by_deed(by=by, cycle=cycle, stage=Stage.PUBLISHED, block=block)
            enter_by_deed(by=by, cycle=cycle, stage=Stage.PUBLISHED)
    return locked


def register() -> None:
    """Tell the office's worker how to do the job; called when the site starts."""

    @jobs.register(JOB_KIND)
    def work(job: Job, progress: Progress) -> dict[str, Any]:
        asked = (
            Edition.objects.select_related("cycle__host", "supersedes")
            .filter(pk=job.arguments["edition"])
            .first()
        )
        if asked is None:
            raise Refused("nothing-asked", _("There is no edition under way with this number."))
        if asked.sealed_at is not None:
            return {"edition": asked.pk, "digest": asked.digest, "code": asked.code}
        row = "I04" if asked.supersedes_id is None else "I05"
        if asked.supersedes_id is not None and is_from_minutes(asked):
            row = ON_BEHALF
        hat = hat_that_may(job.owner, row, asked.cycle)
        _require_may_publish(hat, asked, asked.cycle)
        done = seal(asked, hat, progress.step)
        return {"edition": done.pk, "digest": done.digest, "code": done.code}


def is_denied_opening(by: Hat) -> bool:
    """Row I04 names who publishes; its stage is over once there is something to open."""
    return permissions.grant_of("I04", by).is_denied


@transaction.atomic
def set_open(*, by: Hat, found: Edition, is_open: bool) -> Edition:
    """The office opens the newest edition to everybody, or closes it; off by default.  Row A02.

    Raises Refused for other roles than the office and for an edition that is not the newest.
    """
    if is_denied_opening(by) or not by.fits(found.cycle):
        raise Refused(
            "not-permitted",
            _("As %(role)s you may not do this.") % {"role": by.label or by.role},
            status=403,
        )
    newest = queries.newest(found.cycle)
    if newest is None or newest.pk != found.pk or found.cycle.stage_now not in AFTER_PUBLICATION:
        raise Refused("not-newest", _("Only the newest published edition can be opened."))
    Edition.objects.filter(pk=found.pk).update(is_open=is_open)
    found.is_open = is_open
    audit.record(by, "edition.opened" if is_open else "edition.closed", found, cycle_code=found.cycle.code)
    return found
