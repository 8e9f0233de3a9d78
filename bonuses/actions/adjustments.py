"""Claiming, verifying, rejecting and withdrawing adjustments; holds; matters (§4(2), two persons).

Points follow from the tariff in bonuses.policy; the standing is brought up to date through the tally.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses import permissions, policy, queries
from bonuses.actions.documents import keep_document, no_file
from bonuses.actions.tally import recount
from bonuses.claims import Claim, Frame, PaperDraft, frame_of, judged
from bonuses.models import (
    Adjustment,
    AdjustmentKind,
    AdjustmentState,
    Document,
    Hold,
    Matter,
    PaperBatch,
)
from bonuses.sentences import already_counted, no_reason, not_found
from office import audit
from office.fields import format_points
from office.models import StoredFile
from office.ports import NEW, Change, Move
from office.refusal import Refused
from units import foresight
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Membership, Unit
from units.permissions import require_second
from units.signals import once_per_block

M = TypeVar("M", bound=Matter | None)
PRAISE = frozenset({AdjustmentKind.COMMENDATION, AdjustmentKind.TOP_THREE})


def require_membership(cycle: Cycle, unit: Unit, frame: Frame, kind: str) -> Membership:
    """The membership that carries the unit's papers; refused for a unit that is in tracks only (R10)."""
    member = queries.membership_for(cycle, unit.pk, joins_tracks=frame.rules.joins_tracks)
    if member is None:
        raise Refused(
            "track-only",
            _(
                "%(unit)s takes part in special tracks only; tracks are scored by themselves and take no %(kind)s."
            )
            % {
                "unit": unit.name,
                "kind": AdjustmentKind(kind).label if kind in AdjustmentKind.values else kind,
            },
            "§3(4)",
            status=422,
        )
    member.block.cycle = cycle
    return member


def propose(
    *,
    by: Hat,
    cycle: Cycle,
    units: Sequence[Unit],
    claim: Claim,
    paper: PaperDraft,
    file: StoredFile | None,
) -> list[Adjustment]:
    """Enter what one paper does to one unit or to every unit that it names; each then waits for a second person.

    Raises Refused: not permitted, stage closed, paper incomplete or without its file, issuer unknown, date
    outside the year, a unit of tracks only, or the paper counts for the unit already (naming that entry).
    """
    if not units:
        raise Refused("no-unit", _("Please choose the unit that is meant."), status=422)
    with transaction.atomic():
        frame = frame_of(locked(cycle))
        # Who may not claim hears nothing about the paper.
        members = [require_membership(cycle, unit, frame, claim.kind) for unit in units]
        for member in members:
            permissions.require_may_claim(by, member)
        settled = judged(claim, paper, frame, by)
        document = keep_document(by=by, cycle=cycle, paper=paper, file=file)
        made = [create(by=by, member=member, claim=settled, document=document) for member in members]
        for row in made:
            audit.record(by, "adjustment.proposed", row, cycle_code=cycle.code, **told(row))
    return made


def create(
    *, by: Hat, member: Membership, claim: Claim, document: Document, batch: PaperBatch | None = None
) -> Adjustment:
    """One judged claim as a record; raises Refused when the paper counts for the unit already."""
    first = queries.counted_before(document, member.unit_id, claim.kind)
    if first is not None:
        raise already_counted(first)
    row = Adjustment(
        membership=member,
        unit_id=member.unit_id,
        document=document,
        proposed_by=by.user,
        proposed_role=str(by.role),
        batch=batch,
        hold=_hold(by, member, claim, document),
        **asdict(claim) | {"pool": claim.pool},
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        first = queries.counted_before(document, member.unit_id, claim.kind)
        if first is None:
            raise
        raise already_counted(first) from None
    return row


def _hold(by: Hat, member: Membership, claim: Claim, document: Document) -> str:
    """A commendation that another unit claims as well waits until the office says that the paper names both."""
    if claim.kind not in PRAISE or by.role is Role.OFFICE:
        return ""
    others = Adjustment.objects.filter(
        document=document, kind__in=PRAISE, state__in=["proposed", "verified"]
    ).exclude(unit_id=member.unit_id)
    return str(Hold.NAMED_BY_ANOTHER) if others.exists() else ""


def told(row: Adjustment) -> dict[str, Any]:
    """The adjustment for the log."""
    return {
        "unit": row.unit.name,
        "kind": row.kind,
        "level": row.level,
        "scope": row.scope,
        "honoured": row.honoured,
        "rank": row.rank,
        "pool": row.pool.name if row.pool is not None else "",
        "listed": format_points(row.listed) if row.listed is not None else None,
        "carried_over": row.carried_over,
        "paper": str(row.document),
        "sha256": row.document.file_sha256,
        "hold": row.hold,
        "version": row.version,
    }


# Deciding ----------------------------------------------------------------------------------------


def locked(cycle: Cycle) -> Cycle:
    """The year with its stage as it is now; whoever moves the stage waits until the act is done."""
    return Cycle.objects.select_related("host").select_for_update(of=("self",)).get(pk=cycle.pk)


def _load(cycle: Cycle, ids: Collection[int]) -> dict[int, Adjustment]:
    rows = (
        Adjustment.objects.filter(pk__in=ids, membership__block__cycle=cycle)
        .select_related(*queries.WITH_ALL, "membership__unit")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    found = {row.pk: row for row in rows}
    for row in found.values():
        row.membership.block.cycle = cycle
    return found


def _one(cycle: Cycle, pk: int) -> Adjustment:
    row = _load(cycle, [pk]).get(pk)
    if row is None:
        raise not_found()
    return row


def require_version(row: Adjustment, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Refused(
            "changed-meanwhile",
            _("%(what)s was changed meanwhile: it is now %(state)s. Please look at it again.")
            % {"what": str(row), "state": row.get_state_display()},
            values={"state": row.state, "version": row.version},
        )


def _require_proposed(row: Adjustment) -> None:
    if row.state != AdjustmentState.PROPOSED:
        when = timezone.localtime(row.decided_at).strftime("%Y-%m-%d %H:%M") if row.decided_at else "—"
        raise Refused(
            "already-decided",
            _("%(what)s is already %(state)s, by %(who)s on %(when)s.")
            % {
                "what": str(row),
                "state": row.get_state_display(),
                "who": str(row.decided_by) if row.decided_by else "—",
                "when": when,
            },
        )


def _require_verifiable(
    by: Hat,
    cycle: Cycle,
    row: Adjustment,
    version: int | None,
    rules: queries.Rules,
    under: str = "",
) -> None:
    """Everything that stands between a proposal and its counting; an appeal may take up a rejected one again."""
    permissions.require_may_decide(by, cycle, row.unit_id, row.membership.block, under=under)
    if under and row.state == AdjustmentState.REJECTED:
        first = queries.counted_before(row.document, row.unit_id, row.kind)
        if first is not None:
            raise already_counted(first)
    else:
        _require_proposed(row)
    require_second(row.proposed_by_id, by)
    require_version(row, version)
    if row.document.file_id is None:
        raise no_file(str(row.document))
    if row.hold:
        raise Refused(
            "held",
            _("%(what)s is held: %(hold)s. First confirm that the paper names both units.")
            % {"what": str(row), "hold": row.get_hold_display()},
            "§4(2)7",
        )
    if policy.worth(queries.paper_of(row), rules.tariff).why is policy.Why.NO_TARIFF:
        raise Refused(
            "no-tariff",
            _(
                "The tariff holds no points for %(kind)s at the level “%(level)s”. It is held as a question for the leading group."
            )
            % {"kind": row.get_kind_display(), "level": row.level},
            policy.CLAUSES[row.kind],
        )


def mark(rows: Sequence[Adjustment], by: Hat, state: AdjustmentState, reason: str = "") -> None:
    """Write the decision in one statement; the rows in hand follow."""
    at = timezone.now()
    Adjustment.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, decided_by=by.user, decided_at=at, reason=reason, version=F("version") + 1
    )
    for row in rows:
        row.state, row.decided_by, row.decided_at, row.reason = state, by.user, at, reason
        row.version += 1


def counting(cycle: Cycle, ids: Collection[int]) -> Change:
    """The change that these adjustments would count, for the preview."""
    return Change("papers", cycle.pk, {"counts": sorted(ids)})


def dropping(cycle: Cycle, adjustment_id: int) -> Change:
    """The change that this adjustment would no longer count."""
    return Change("papers", cycle.pk, {"drops": [adjustment_id]})


def verify(
    *,
    by: Hat,
    cycle: Cycle,
    adjustment_id: int,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
    reason: str = "",
    under: str = "",
) -> Adjustment:
    """A second person of the office lets the adjustment count; the places follow in the same transaction.  §4(2)7

    `consequences` is what the page listed before; None: from the hearing on they are computed and kept.
    `under` H06 with its reason: a decided appeal orders it, also for one that was rejected.
    Raises Refused: not permitted, one's own entry or unit, held, without tariff, decided already, or changed.
    """
    with transaction.atomic():
        with once_per_block():
            fresh = locked(cycle)
            row = _one(fresh, adjustment_id)
            _require_verifiable(by, fresh, row, version, queries.rules_of(fresh), under)
            moves = foresight.settled(fresh, counting(fresh, [row.pk]), consequences, row.membership.block)
            mark([row], by, AdjustmentState.VERIFIED, reason)
            recount(fresh, [row.unit_id])
        audit.record(
            by,
            "adjustment.verified",
            row,
            cycle_code=cycle.code,
            proposed_by=row.proposed_by.username,
            reason=reason,
            **foresight.told(moves),
            **told(row),
        )
    return row


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of many at once."""

    done: list[Adjustment]
    left: list[tuple[Adjustment, Refused]]  # and why


def sort_out(*, by: Hat, cycle: Cycle, versions: dict[int, int]) -> Decided:
    """Which of the ticked ones (id → version seen) could be verified now; for the preview, and for the act."""
    with transaction.atomic():
        rules = queries.rules_of(cycle)
        done: list[Adjustment] = []
        left: list[tuple[Adjustment, Refused]] = []
        for row in _load(cycle, versions).values():
            try:
                _require_verifiable(by, cycle, row, versions[row.pk], rules)
            except Refused as refusal:
                if refusal.code in {"not-permitted", "stage-closed"}:
                    raise
                left.append((row, refusal))
            else:
                done.append(row)
    return Decided(done, left)


def verify_many(
    *,
    by: Hat,
    cycle: Cycle,
    versions: dict[int, int],
    consequences: Sequence[Move] | None = None,
) -> Decided:
    """Verify everything that was ticked (id → version seen); what cannot be is left and says why.  §4(2)7

    One transaction; each block's places are computed once. What moves is told of all together.
    """
    with transaction.atomic():
        with once_per_block():
            fresh = locked(cycle)
            sorted_out = sort_out(by=by, cycle=fresh, versions=versions)
            done = sorted_out.done
            moves: Sequence[Move] | None = None
            if done:
                together = counting(fresh, [row.pk for row in done])
                moves = foresight.settled(fresh, together, consequences)
                mark(done, by, AdjustmentState.VERIFIED)
                recount(fresh, {row.unit_id for row in done})
        for row in done:
            audit.record(
                by,
                "adjustment.verified",
                row,
                cycle_code=cycle.code,
                proposed_by=row.proposed_by.username,
                **foresight.told(moves),
                **told(row),
            )
    return sorted_out


def reject(
    *,
    by: Hat,
    cycle: Cycle,
    adjustment_id: int,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
    under: str = "",
) -> Adjustment:
    """Turn an adjustment down with a reason; a verified one too, by a person who had no hand in it.  §4(2)7"""
    with transaction.atomic():
        with once_per_block():
            fresh = locked(cycle)
            row = _one(fresh, adjustment_id)
            permissions.require_may_decide(by, fresh, row.unit_id, row.membership.block, under=under)
            was_counted = row.state == AdjustmentState.VERIFIED
            if not was_counted:
                _require_proposed(row)
            require_second(row.proposed_by_id, by)
            if was_counted:
                require_second(row.decided_by_id, by)
            require_version(row, version)
            if not reason.strip():
                raise no_reason(_("A rejection needs a reason."))
            moves: Sequence[Move] | None = None
            if was_counted:
                moves = foresight.settled(fresh, dropping(fresh, row.pk), consequences, row.membership.block)
            mark([row], by, AdjustmentState.REJECTED, reason.strip())
            if was_counted:
                recount(fresh, [row.unit_id])
        audit.record(
            by,
            "adjustment.rejected",
            row,
            cycle_code=cycle.code,
            reason=reason.strip(),
            was_counted=was_counted,
            **foresight.told(moves),
            **told(row),
        )
    return row


def withdraw(
    *, by: Hat, cycle: Cycle, adjustment_id: int, reason: str, version: int | None = None
) -> Adjustment:
    """Take a claim back before it is decided: the person who entered it, or the unit it is about (F01)."""
    with transaction.atomic():
        fresh = locked(cycle)
        row = _one(fresh, adjustment_id)
        permissions.require_may_claim(by, row.membership)
        own = by.unit_id == row.unit_id and row.proposed_role in {Role.OFFICIAL, Role.PRINCIPAL}
        if row.proposed_by_id != by.user.pk and not own:
            raise Refused(
                "not-yours",
                _("Only %(who)s, who entered it, can take it back. The office can reject it.")
                % {"who": str(row.proposed_by)},
                status=403,
            )
        _require_proposed(row)
        require_version(row, version)
        if not reason.strip():
            raise no_reason(_("Please say why it is taken back."))
        mark([row], by, AdjustmentState.WITHDRAWN, reason.strip())
        audit.record(
            by, "adjustment.withdrawn", row, cycle_code=cycle.code, reason=reason.strip(), **told(row)
        )
    return row


def confirm_named(*, by: Hat, cycle: Cycle, adjustment_id: int, version: int | None = None) -> Adjustment:
    """The office has read the paper: it names this unit beside the others, so the hold ends.  Rulebook 5."""
    with transaction.atomic():
        fresh = locked(cycle)
        row = _one(fresh, adjustment_id)
        permissions.require_may_decide(by, fresh, row.unit_id, row.membership.block)
        _require_proposed(row)
        require_second(row.proposed_by_id, by)
        require_version(row, version)
        if not row.hold:
            raise Refused("not-held", _("%(what)s is not held.") % {"what": str(row)})
        row.hold, row.version = "", row.version + 1
        row.save(update_fields=["hold", "version"])
        audit.record(by, "adjustment.named", row, cycle_code=cycle.code, **told(row))
    return row


# Matters -----------------------------------------------------------------------------------------


def _matter_kind(kind: str) -> str:
    return "blame" if kind == AdjustmentKind.CRITICISM else "praise"


def joining(cycle: Cycle, ids: Collection[int], matter_id: int | None) -> Change:
    """The change that these papers would be one matter: an existing one, NEW, or None for each by itself."""
    return Change("matter", cycle.pk, {"papers": sorted(ids), "matter": matter_id})


def put_into_matter(
    *,
    by: Hat,
    cycle: Cycle,
    adjustment_ids: Collection[int],
    title: str,
    matter_id: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Matter:
    """Say that these papers are about one matter (同一事项); R5 then tells which of them counts.  §4(2)5

    Papers of several units may share a matter: it counts for each unit by itself.
    """

    def act(fresh: Cycle, rows: list[Adjustment]) -> Matter:
        matter = Matter.objects.filter(pk=matter_id, cycle=fresh).first() if matter_id else None
        if matter_id and matter is None:
            raise not_found()
        if matter is None:
            if not title.strip():
                raise Refused("no-title", _("Please name the matter."), "§4(2)5", status=422)
            matter = Matter.objects.create(cycle=fresh, title=title.strip()[:200], made_by=by.user)
        if len({_matter_kind(row.kind) for row in rows}) > 1 or any(
            row.kind == AdjustmentKind.REWARD for row in rows
        ):
            raise Refused(
                "mixed-matter",
                _("Commendations and criticisms cannot be one matter; reward points have none."),
                "§4(2)5",
                status=422,
            )
        _mark_matter(rows, matter)
        return matter

    change = joining(cycle, adjustment_ids, matter_id or NEW)
    return _reorder(by, cycle, adjustment_ids, "matter.joined", act, change, consequences)


def take_out_of_matter(
    *,
    by: Hat,
    cycle: Cycle,
    adjustment_ids: Collection[int],
    consequences: Sequence[Move] | None = None,
) -> None:
    """These papers are matters of their own after all, such as a new circular after failed rectification."""

    def act(_fresh: Cycle, rows: list[Adjustment]) -> Matter | None:
        matter = rows[0].matter
        _mark_matter(rows, None)
        return matter

    change = joining(cycle, adjustment_ids, None)
    _reorder(by, cycle, adjustment_ids, "matter.left", act, change, consequences)


def _mark_matter(rows: Sequence[Adjustment], matter: Matter | None) -> None:
    Adjustment.objects.filter(pk__in=[row.pk for row in rows]).update(matter=matter, version=F("version") + 1)


def _reorder(
    by: Hat,
    cycle: Cycle,
    ids: Collection[int],
    word: str,
    act: Callable[[Cycle, list[Adjustment]], M],
    change: Change,
    consequences: Sequence[Move] | None,
) -> M:
    """What joining and leaving a matter have in common."""
    with transaction.atomic():
        with once_per_block():
            fresh = locked(cycle)
            rows = list(_load(fresh, ids).values())
            if not rows or len(rows) != len(set(ids)):
                raise Refused("no-paper", _("Please tick the papers that are meant."), status=422)
            for row in rows:
                permissions.require_may_order(by, fresh, row.unit_id, row.membership.block)
            moves = foresight.settled(fresh, change, consequences)
            matter = act(fresh, rows)
            recount(fresh, {row.unit_id for row in rows})
        audit.record(
            by,
            word,
            matter,
            cycle_code=cycle.code,
            papers=[f"{row.unit} {row.document}" for row in rows],
            **foresight.told(moves),
        )
    return matter
