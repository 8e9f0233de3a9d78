"""Deciding the points of an appeal by two persons, and the one correction each upheld point orders (§6(7)).

What would move is listed before either signs; where a place, an eligibility or an award moves the leading
group decides. The correction goes through the same act as everywhere, under row H06.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.actions import adjustments
from bonuses.models import Adjustment, AdjustmentState
from office import audit
from office.fields import format_points
from office.models import AuditEntry
from office.ports import Change, Move
from office.refusal import Refused
from scoring.actions import scores
from scoring.actions.appeals import load, not_found, require_impartial, save
from scoring.models import (
    Appeal,
    AppealPoint,
    AppealState,
    Cell,
    Involvement,
    Outcome,
    PointKind,
    Score,
    ScoreKind,
)
from units import foresight
from units.actions import signing
from units.actions.signing import Minutes, require_decider
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle
from units.permissions import require_second
from units.signals import once_per_block

H06 = "H06"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is to be signed about one point; the score only for an upheld one about a score."""

    outcome: str
    reason: str
    score_kind: str = ""
    score_points: Decimal | None = None


def load_point(cycle: Cycle, pk: int) -> AppealPoint:
    """The point with its appeal's row held; 404 for one of another year."""
    found = AppealPoint.objects.filter(pk=pk, appeal__cycle=cycle).values_list("appeal", flat=True).first()
    if found is None:
        raise not_found()
    appeal = load(cycle, found)
    point = (
        AppealPoint.objects.select_related(
            "cell__sub_item__item", "adjustment__document", "adjustment__membership__block", "first_by"
        )
        .select_for_update(of=("self",))
        .get(pk=pk)
    )
    point.appeal = appeal
    if point.cell_id is not None:
        point.cell = scores.load_cell(point.cell_id)
    return point


def block_of(point: AppealPoint) -> Block | None:
    if point.cell is not None:
        return point.cell.block
    return point.adjustment.membership.block if point.adjustment is not None else None


def change_of(point: AppealPoint, ruling: Ruling) -> Change | None:
    """The correction an upheld point orders, as a change to be tried; None when nothing is corrected.

    Raises Refused for a correction that could not be stored.
    """
    if ruling.outcome != Outcome.UPHELD:
        return None
    if point.kind == PointKind.SCORE:
        cell = _cell(point)
        kind = next((k for k in ScoreKind if k == ruling.score_kind and k is not ScoreKind.SELF), None)
        if kind is None or ruling.score_points is None:
            raise Refused(
                "no-points", _("Please enter the corrected score and which score it is."), "§6(7)", status=422
            )
        sub = cell.sub_item
        scores.require_points(
            ruling.score_points,
            floor=sub.floor,
            base=sub.base_points,
            places=point.appeal.cycle.places,
            what=str(cell),
        )
        stored = Score.objects.filter(cell=cell, kind=kind).values_list("points", flat=True).first()
        if stored == ruling.score_points:
            raise Refused(
                "nothing-changes",
                _("%(cell)s holds %(points)s already; a correction changes something.")
                % {"cell": str(cell), "points": format_points(ruling.score_points)},
                "§6(7)",
                status=422,
            )
        return scores.scoring(cell, kind, ruling.score_points)
    if point.kind == PointKind.INVOLVEMENT:
        cell = _cell(point)
        wanted = "" if cell.involvement == Involvement.CONFIRMED else str(Involvement.CONFIRMED)
        return scores.involving(cell, wanted)
    if point.kind == PointKind.ADJUSTMENT and point.adjustment is not None:
        if point.adjustment.state == AdjustmentState.VERIFIED:
            return adjustments.dropping(point.appeal.cycle, point.adjustment.pk)
        return adjustments.counting(point.appeal.cycle, [point.adjustment.pk])
    raise Refused(
        "names-nothing",
        _(
            "This point names no score and no paper. Add what it is about to the appeal, then decide that; this one can only be left as it is."
        ),
        "§6(7)",
        status=422,
    )


def _cell(point: AppealPoint) -> Cell:
    assert point.cell is not None
    return point.cell


def preview_of(point: AppealPoint, ruling: Ruling) -> foresight.Preview | None:
    """What signing would move; None where nothing is corrected."""
    change = change_of(point, ruling)
    return foresight.preview(point.appeal.cycle, change, block_of(point)) if change is not None else None


def stored_ruling(point: AppealPoint) -> Ruling:
    """What the first person signed."""
    return Ruling(point.outcome, point.reason, point.score_kind, point.score_points)


def _require_weight(by: Hat, moves: Sequence[Move]) -> None:
    """Where a place or award moves the leading group decides, not the office."""
    if by.role is Role.OFFICE and foresight.is_weighty(moves):
        names = list(dict.fromkeys(move.unit for move in moves if move.aspect != "final"))
        raise Refused(
            "leading-group-decides",
            _(
                "This moves the place, eligibility or award of %(units)s, so two members of the leading group decide it."
            )
            % {"units": "、".join(names)},
            "§6(7)",
            status=403,
            values={"units": names},
        )


def _moves(point: AppealPoint, ruling: Ruling, seen: str | None) -> tuple[Move, ...]:
    change = change_of(point, ruling)
    if change is None:
        return ()
    cycle, block = point.appeal.cycle, block_of(point)
    if seen is not None:
        return foresight.require_seen(cycle, change, seen, block) or ()
    return foresight.settled(cycle, change, None, block) or ()


def sign_first(
    *,
    by: Hat,
    cycle: Cycle,
    point_id: int,
    ruling: Ruling,
    seen: str | None = None,
    version: int | None = None,
) -> AppealPoint:
    """The first person's signature, with the list of who moves; nothing is corrected yet (H06).

    `seen` is the mark of the list that the page showed; None for doors without a screen.
    Raises Refused before the re-check, without a reason, and for the office where a place or award moves.
    """
    with transaction.atomic():
        point = load_point(cycle, point_id)
        _require_decidable(by, point, version)
        if point.first_at is not None:
            raise Refused("signed-already", _("It is signed once; a second person signs next."), "§6(7)")
        require_ruling(point, ruling)
        moves = _moves(point, ruling, seen)
        _require_weight(by, moves)
        _keep(point, ruling)
        point.consequences = [asdict(move) for move in moves]
        point.first_by, point.first_role, point.first_at = by.user, str(by.role), timezone.now()
        _save(point)
        audit.record(
            by,
            "appeal.point-signed",
            point.appeal,
            cycle_code=cycle.code,
            point=str(point),
            after=point.outcome,
            reason=point.reason,
            **foresight.told(moves),
        )
    return point


def require_ruling(point: AppealPoint, ruling: Ruling) -> None:
    """Raise Refused for a ruling without outcome or reason, or with a correction that could not be stored."""
    if ruling.outcome not in {Outcome.UPHELD, Outcome.KEPT}:
        raise Refused("no-outcome", _("Please say how it is decided."), "§6(7)", status=422)
    if not ruling.reason.strip():
        raise Refused("no-reason", _("A decision needs a reason; it stands in the letter."), status=422)
    change_of(point, ruling)


def _keep(point: AppealPoint, ruling: Ruling) -> None:
    point.outcome, point.reason = ruling.outcome, ruling.reason.strip()[:500]
    if ruling.outcome == Outcome.UPHELD and point.kind == PointKind.SCORE:
        point.score_kind, point.score_points = ruling.score_kind, ruling.score_points


def _require_decidable(by: Hat, point: AppealPoint, version: int | None) -> None:
    require_impartial(H06, by, point.appeal)
    require_open(point)
    if version is not None and version != point.version:
        raise Refused(
            "changed-meanwhile",
            _("“%(point)s” was changed meanwhile. Please look at it again.") % {"point": str(point)},
            values={"version": point.version},
        )


def require_open(point: AppealPoint) -> None:
    """Raise Refused for a point that is decided, or before the re-check."""
    if point.is_decided:
        raise Refused("decided-already", _("“%(point)s” is decided.") % {"point": str(point)}, "§6(7)")
    if point.appeal.state != AppealState.CHECKED:
        raise Refused(
            "not-rechecked",
            _("%(what)s is %(state)s; it is decided after the re-check.")
            % {"what": str(point.appeal), "state": point.appeal.get_state_display()},
            "§6(7)",
        )


def _save(point: AppealPoint) -> None:
    point.version += 1
    point.save()


def send_back(*, by: Hat, cycle: Cycle, point_id: int, reason: str) -> AppealPoint:
    """The first signature is taken back, or the second person does not sign; it is open again (H06)."""
    with transaction.atomic():
        point = load_point(cycle, point_id)
        _require_decidable(by, point, None)
        if not point.is_signed_first:
            raise Refused("not-signed", _("Nobody has signed it yet."), "§6(7)")
        if not reason.strip():
            raise Refused("no-reason", _("Please give a reason."), status=422)
        point.outcome, point.reason, point.score_kind, point.score_points = Outcome.NONE, "", "", None
        point.consequences, point.first_by, point.first_role, point.first_at = [], None, "", None
        _save(point)
        audit.record(
            by,
            "appeal.point-sent-back",
            point.appeal,
            cycle_code=cycle.code,
            point=str(point),
            reason=reason.strip(),
        )
    return point


def sign_second(
    *, by: Hat, cycle: Cycle, point_id: int, seen: str | None = None, version: int | None = None
) -> AppealPoint:
    """The second person's signature: the point is decided, and an upheld one corrected in the same transaction.

    Raises Refused for the first person, for another body than the first (two of the office, or two of the
    leading group), and when what moves is no longer what the page showed.
    """
    with transaction.atomic():
        with once_per_block():
            point = load_point(cycle, point_id)
            _require_decidable(by, point, version)
            if not point.is_signed_first:
                raise Refused("not-signed", _("Nobody has signed it yet."), "§6(7)")
            require_second(point.first_by_id, by)
            if str(by.role) != point.first_role:
                raise Refused(
                    "same-body",
                    _("The first signature is of another body; the second is given by the same one."),
                    "§6(7)",
                    status=403,
                )
            ruling = stored_ruling(point)
            moves = _moves(point, ruling, seen)
            _require_weight(by, moves)
            _bring_about(by, point, ruling, moves)
        _decided(by, point, moves)
    return point


def decide_from_minutes(
    *, by: Hat, cycle: Cycle, point_id: int, ruling: Ruling, minutes: Minutes
) -> AppealPoint:
    """What a meeting of the leading group decided: typed by one of the office, compared by another, `by`.  E14

    A first signature that somebody gave on screen is replaced: the meeting decided. Raises Refused as the two
    signatures do.
    """
    with transaction.atomic():
        with once_per_block():
            point = load_point(cycle, point_id)
            _require_decidable(by, point, None)
            require_decider(H06, by, cycle, minutes, block=block_of(point))
            require_ruling(point, ruling)
            moves = _moves(point, ruling, None)
            point.score_kind, point.score_points = "", None
            _keep(point, ruling)
            point.first_by, point.first_role = minutes.typed_by, str(by.role)
            point.first_at = timezone.now()
            _bring_about(by, point, ruling, moves)
        _decided(by, point, moves, minutes)
    return point


def _bring_about(by: Hat, point: AppealPoint, ruling: Ruling, moves: Sequence[Move]) -> None:
    point.consequences = [asdict(move) for move in moves]
    if ruling.outcome == Outcome.UPHELD:
        _correct(by, point, ruling, moves)


def _decided(by: Hat, point: AppealPoint, moves: Sequence[Move], minutes: Minutes | None = None) -> None:
    point.second_by, point.second_at = by.user, timezone.now()
    _save(point)
    _close(by, point.appeal)
    audit.record(
        by,
        "appeal.point-decided",
        point.appeal,
        cycle_code=point.appeal.cycle.code,
        point=str(point),
        outcome=point.outcome,
        before=point.before,
        after=point.after,
        reason=point.reason,
        correction=point.entry,
        signed_first=point.first_by.username if point.first_by is not None else "",
        **foresight.told(moves),
        **signing.told(minutes),
    )


def _close(by: Hat, appeal: Appeal) -> None:
    """Once every point is decided the appeal is."""
    if appeal.points.filter(second_at__isnull=True).exists():
        return
    appeal.state = AppealState.DECIDED
    appeal.closed_by, appeal.closed_at = by.user, timezone.now()
    save(appeal)


def _correct(by: Hat, point: AppealPoint, ruling: Ruling, moves: Sequence[Move]) -> None:
    """The one act that corrects what the point is about; its number in the log is kept with the decision."""
    why = f"{point.appeal.code}：{ruling.reason}"[:300]
    cycle = point.appeal.cycle
    if point.kind == PointKind.SCORE:
        cell, kind = _cell(point), ScoreKind(ruling.score_kind)
        stored = Score.objects.filter(cell=cell, kind=kind).values_list("points", flat=True).first()
        point.before = format_points(stored) if stored is not None else "—"
        assert ruling.score_points is not None
        scores.record_score(
            by=by,
            cell_id=cell.pk,
            kind=kind,
            points=ruling.score_points,
            reason=why,
            consequences=moves,
            under=H06,
        )
        point.after = format_points(ruling.score_points)
        subject: Cell | Adjustment = cell
    elif point.kind == PointKind.INVOLVEMENT:
        cell = _cell(point)
        point.before = str(cell.get_involvement_display())
        if cell.involvement == Involvement.CONFIRMED:
            changed = scores.withdraw_not_involved(
                by=by, cell_id=cell.pk, reason=why, consequences=moves, under=H06
            )
        else:
            changed = scores.decide_not_involved(
                by=by,
                cell_id=cell.pk,
                confirm=True,
                reason=why,
                consequences=moves,
                under=H06,
                first=point.first_by,
            )
        point.after = str(changed.get_involvement_display())
        subject = cell
    else:
        row = point.adjustment
        assert row is not None
        point.before = str(row.get_state_display())
        act = adjustments.reject if row.state == AdjustmentState.VERIFIED else adjustments.verify
        fresh = act(by=by, cycle=cycle, adjustment_id=row.pk, reason=why, consequences=moves, under=H06)
        point.after = str(fresh.get_state_display())
        subject = row
    point.entry = (
        AuditEntry.objects.filter(object_type=type(subject)._meta.label, object_id=str(subject.pk))
        .latest("number")
        .number
    )
