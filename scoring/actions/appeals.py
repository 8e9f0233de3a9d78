"""Questioning a result: drafting, filing, naming who re-checks, the re-check (§6(7)).

Paper, letters and calls are in appeal_register; how each point is decided and corrected is in appeal_rulings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.models import Adjustment, AdjustmentState
from office import audit
from office.models import Notice, StoredFile, User
from office.refusal import Refused
from scoring.appeal_windows import terms_of
from scoring.models import (
    OPEN_APPEALS,
    Appeal,
    AppealFile,
    AppealPoint,
    AppealState,
    AppealTerms,
    Cell,
    DeliveryHow,
    PointKind,
    Recheck,
    ResultDelivery,
    Score,
)
from units import permissions
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Cycle, Membership, RoleAssignment, Unit
from units.permissions import require

LEADERS = frozenset({Role.LEADING_GROUP, Role.CITY_LEADER})
LONGEST_WORDS = 4000


@dataclass(frozen=True, slots=True)
class PointDraft:
    """One thing that is questioned: a cell, or an adjustment."""

    kind: str
    cell_id: int | None = None
    adjustment_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class AppealDraft:
    """What the form holds."""

    words: str
    about: Unit | None = None  # None: the own result
    points: Sequence[PointDraft] = ()
    files: Sequence[StoredFile] = field(default_factory=tuple)


def not_found() -> Refused:
    return Refused("not-found", _("There is no such record."), status=404)


def load(cycle: Cycle, pk: int) -> Appeal:
    """The appeal, its row held until the transaction ends; 404 for one of another year."""
    found = (
        Appeal.objects.select_related("cycle__host", "unit", "about", "reviewer")
        .select_for_update(of=("self",))
        .filter(pk=pk, cycle=cycle)
        .first()
    )
    if found is None:
        raise not_found()
    return found


def require_impartial(row: str, by: Hat, appeal: Appeal, *, is_named: bool = False) -> None:
    """The row, and that the person belongs to neither unit (rulebook 3, 8)."""
    for unit_id in dict.fromkeys((appeal.unit_id, appeal.about_id)):
        if unit_id is not None:
            require(row, by, appeal.cycle, unit_id=unit_id, is_named=is_named, acts_on_unit=True)


def require_version(appeal: Appeal, version: int | None) -> None:
    if version is not None and version != appeal.version:
        raise Refused(
            "changed-meanwhile",
            _("%(what)s was changed meanwhile: it is now %(state)s. Please look at it again.")
            % {"what": str(appeal), "state": appeal.get_state_display()},
            values={"state": appeal.state, "version": appeal.version},
        )


def require_state(appeal: Appeal, *wanted: str) -> None:
    if appeal.state not in wanted:
        raise Refused(
            "wrong-state",
            _("%(what)s is %(state)s; this cannot be done now.")
            % {"what": str(appeal), "state": appeal.get_state_display()},
            "§6(7)",
        )


def save(appeal: Appeal) -> None:
    appeal.version += 1
    appeal.save()


# Drafting ----------------------------------------------------------------------------------------


def save_draft(
    *, by: Hat, cycle: Cycle, draft: AppealDraft, appeal_id: int | None = None, version: int | None = None
) -> Appeal:
    """Write what the unit wants to question; nobody else sees it before it is filed (H01).

    Raises Refused for what is not the unit's own, and for a cell or paper that is questioned already.
    """
    with transaction.atomic():
        require("H01", by, cycle, unit_id=by.unit_id)
        assert by.unit is not None
        if appeal_id is None:
            appeal = Appeal(cycle=cycle, unit=by.unit, about=by.unit, drafted_by=by.user)
        else:
            appeal = load(cycle, appeal_id)
            require("H01", by, cycle, unit_id=appeal.unit_id)
            require_state(appeal, AppealState.DRAFT)
            require_version(appeal, version)
        appeal.about = draft.about or by.unit
        require_takes_part(cycle, appeal.about_id)
        appeal.words = draft.words.strip()[:LONGEST_WORDS]
        save(appeal)
        _replace_points(appeal, draft.points)
        attach(appeal, draft.files, by)
        audit.record(
            by, "appeal.drafted", appeal, cycle_code=cycle.code, points=[str(p) for p in appeal.points.all()]
        )
    return appeal


def require_takes_part(cycle: Cycle, unit_id: int) -> None:
    if not Membership.objects.filter(block__cycle=cycle, unit=unit_id).exists():
        raise not_found()


def _replace_points(appeal: Appeal, drafts: Sequence[PointDraft]) -> None:
    """Points of a unit are about its own cells and papers; of another unit it names none, for it sees none."""
    if appeal.is_about_another and drafts:
        raise Refused(
            "not-your-unit",
            _(
                "Of another unit's result please say in words what is doubted; its scores and papers are not shown to you."
            ),
            "§6(7)",
            status=422,
        )
    appeal.points.all().delete()
    for draft in once_each(drafts):
        AppealPoint.objects.create(**point_values(appeal, draft))


def once_each(drafts: Iterable[PointDraft]) -> list[PointDraft]:
    return list({(d.kind, d.cell_id, d.adjustment_id): d for d in drafts}.values())


def point_values(appeal: Appeal, draft: PointDraft) -> dict[str, object]:
    """The columns of a point about the questioned unit; 404 for what belongs to another."""
    values: dict[str, object] = {"appeal": appeal, "kind": draft.kind, "words": draft.words.strip()[:500]}
    if draft.kind in {PointKind.SCORE, PointKind.INVOLVEMENT}:
        cell = Cell.objects.filter(
            pk=draft.cell_id or 0, block__cycle=appeal.cycle_id, membership__unit=appeal.about_id
        ).first()
        if cell is None:
            raise not_found()
        values["cell"] = cell
        same = Q(cell=cell, kind=draft.kind)
    elif draft.kind == PointKind.ADJUSTMENT:
        adjustment = (
            Adjustment.objects.filter(
                pk=draft.adjustment_id or 0,
                membership__block__cycle=appeal.cycle_id,
                unit=appeal.about_id,
            )
            .exclude(state=AdjustmentState.WITHDRAWN)
            .first()
        )
        if adjustment is None:
            raise not_found()
        values["adjustment"] = adjustment
        same = Q(adjustment=adjustment)
    else:
        return values
    first = (
        AppealPoint.objects.filter(same, appeal__state__in=OPEN_APPEALS)
        .exclude(appeal=appeal)
        .select_related("appeal__cycle", "appeal__about")
        .first()
    )
    if first is not None:
        raise Refused(
            "questioned-already",
            _("“%(point)s” is questioned already by %(code)s, which is not decided yet.")
            % {"point": str(first), "code": first.appeal.code},
            "§6(7)",
        )
    return values


def attach(
    appeal: Appeal, files: Sequence[StoredFile], by: Hat, purpose: str = AppealFile.Purpose.CLAIM
) -> None:
    for file in files:
        AppealFile.objects.create(appeal=appeal, file=file, purpose=purpose, by=by.user)


def remove_file(*, by: Hat, cycle: Cycle, appeal_id: int, file_id: int) -> None:
    """Take a file out of a draft."""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require("H01", by, cycle, unit_id=appeal.unit_id)
        require_state(appeal, AppealState.DRAFT)
        row = appeal.files.filter(pk=file_id).select_related("file").first()
        if row is None:
            raise not_found()
        name = row.file.name
        row.delete()
        audit.record(by, "appeal.file-removed", appeal, cycle_code=cycle.code, file=name)


# Filing ------------------------------------------------------------------------------------------


def file_appeal(*, by: Hat, cycle: Cycle, appeal_id: int, version: int | None = None) -> Appeal:
    """The principal signs and files; the appeal gets its number (H02).  §6(7)

    Raises Refused for the official, after the window, and for an appeal about nothing.
    """
    with transaction.atomic():
        hold_numbers(cycle)
        appeal = load(cycle, appeal_id)
        require("H02", by, cycle, unit_id=appeal.unit_id)
        require_state(appeal, AppealState.DRAFT)
        require_version(appeal, version)
        assert appeal.unit_id is not None
        require_in_time(cycle, appeal.unit_id, None)
        require_about_something(appeal)
        appeal.number = next_number(cycle)
        appeal.state = AppealState.FILED
        appeal.sender = str(by.user)[:60]
        appeal.received_on = timezone.localdate()
        appeal.filed_by, appeal.filed_at = by.user, timezone.now()
        save(appeal)
        tell_namers(appeal)
        audit.record(by, "appeal.filed", appeal, cycle_code=cycle.code, **told(appeal))
    return appeal


def hold_numbers(cycle: Cycle) -> None:
    """Numbers are given one after another: the year's row is held while one is taken."""
    Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)


def next_number(cycle: Cycle) -> int:
    return (Appeal.objects.filter(cycle=cycle).aggregate(n=Max("number"))["n"] or 0) + 1


def require_in_time(cycle: Cycle, unit_id: int, received_on: date | None, at: datetime | None = None) -> None:
    """Within the unit's window: now, at the instant its scan came, or by the day on which its paper came."""
    window = terms_of(cycle).window(unit_id)
    if window is None:
        return
    late = received_on > window.closes_on if received_on else (at or timezone.now()) >= window.closes_at
    if late:
        closes = timezone.localtime(window.closes_at)
        raise Refused(
            "too-late",
            _(
                "The result reached the unit on %(reached)s, so it could be questioned until %(closes)s. That time is over; please speak with the appraisal office."
            )
            % {
                "reached": window.opens_on.isoformat(),
                "closes": closes.strftime("%Y-%m-%d %H:%M"),
            },
            "§6(7)",
            values={"closed_at": window.closes_at.isoformat()},
        )


def require_about_something(appeal: Appeal) -> None:
    has_points = appeal.points.exists()
    if not has_points and not appeal.is_about_another:
        raise Refused(
            "about-nothing",
            _(
                "The appeal names nothing. Please tick the scores, decisions or papers that are questioned, and say why."
            ),
            "§6(7)",
            status=422,
        )
    if not appeal.words:
        raise Refused("no-words", _("Please say in words what is questioned and why."), "§6(7)", status=422)
    if not has_points:
        AppealPoint.objects.create(appeal=appeal, kind=PointKind.OTHER, words=appeal.words[:500])


def tell_namers(appeal: Appeal) -> None:
    """Whoever may name the reviewer finds it in the inbox."""
    roles = LEADERS if appeal.is_about_another else {Role.OFFICE}
    users = (
        RoleAssignment.objects.filter(role__in=[str(role) for role in roles])
        .filter(Q(cycle=appeal.cycle_id) | Q(cycle=None))
        .values_list("user_id", flat=True)
    )
    text = _("%(code)s was filed about %(unit)s; please name who re-checks.") % {
        "code": appeal.code,
        "unit": appeal.about.name,
    }
    _notify(appeal, users, text)


def _notify(appeal: Appeal, users: Iterable[int], text: str) -> None:
    address = f"/years/{appeal.cycle.code}/appeals/{appeal.pk}/"
    Notice.objects.bulk_create([Notice(user_id=u, text=text[:300], address=address) for u in set(users)])


def told(appeal: Appeal) -> dict[str, object]:
    return {
        "number": appeal.code,
        "unit": appeal.unit.name if appeal.unit is not None else "",
        "about": appeal.about.name,
        "channel": appeal.channel,
        "sender": appeal.sender,
        "points": [str(point) for point in appeal.points.select_related("cell", "adjustment__document")],
        "files": [row.file.sha256 for row in appeal.files.select_related("file")],
        "version": appeal.version,
    }


def withdraw(*, by: Hat, cycle: Cycle, appeal_id: int, reason: str) -> Appeal:
    """The principal takes the appeal back before any of it is decided (H02)."""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require("H02", by, cycle, unit_id=appeal.unit_id)
        require_state(appeal, AppealState.DRAFT, *OPEN_APPEALS)
        if appeal.points.filter(second_at__isnull=False).exists():
            raise Refused("decided-in-part", _("A part of it is decided already."), "§6(7)")
        if appeal.number is not None and not reason.strip():
            raise Refused("no-reason", _("Please say why it is taken back."), status=422)
        appeal.state = AppealState.WITHDRAWN
        appeal.reply, appeal.closed_by, appeal.closed_at = reason.strip(), by.user, timezone.now()
        save(appeal)
        audit.record(by, "appeal.withdrawn", appeal, cycle_code=cycle.code, reason=reason.strip())
    return appeal


# The re-check ------------------------------------------------------------------------------------


def add_point(*, by: Hat, cycle: Cycle, appeal_id: int, draft: PointDraft) -> AppealPoint:
    """Name the cell or paper that a doubt in words is about, so that it can be decided and corrected (H04)."""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require_impartial("H04", by, appeal)
        require_state(appeal, AppealState.FILED, AppealState.IN_CHECK, AppealState.CHECKED)
        values = point_values(appeal, draft)
        same = {key: values[key] for key in ("kind", "cell", "adjustment") if key in values}
        if draft.kind == PointKind.OTHER or appeal.points.filter(**same).exists():
            raise Refused("named-already", _("The appeal names this already."), status=422)
        point = AppealPoint.objects.create(**values)
        save(appeal)
        audit.record(by, "appeal.point-added", appeal, cycle_code=cycle.code, points=[str(point)])
    return point


def _hand_in_it(appeal: Appeal, user: User) -> str:
    """What of the questioned the person had a hand in; empty when nothing."""
    cells = list(appeal.points.filter(cell__isnull=False).values_list("cell", flat=True))
    papers = list(appeal.points.filter(adjustment__isnull=False).values_list("adjustment", flat=True))
    scored = Score.objects.filter(cell__in=cells, entered_by=user).select_related("cell__sub_item").first()
    if scored is not None:
        return str(scored.cell.sub_item)
    cell = (
        Cell.objects.filter(pk__in=cells)
        .filter(Q(proposed_by=user) | Q(involvement_decided_by=user))
        .select_related("sub_item")
        .first()
    )
    if cell is not None:
        return str(cell.sub_item)
    adjustment = (
        Adjustment.objects.filter(pk__in=papers)
        .filter(Q(proposed_by=user) | Q(decided_by=user))
        .select_related("document")
        .first()
    )
    return str(adjustment.document) if adjustment is not None else ""


def require_without_part(appeal: Appeal, user: User) -> None:
    """Raise Refused for a reviewer of either unit, or one who gave what is questioned."""
    probe = Hat(user, Role.OFFICE)
    for unit in (appeal.unit, appeal.about):
        if unit is not None and probe.is_tied_to(unit.pk, appeal.cycle_id):
            raise Refused(
                "reviewer-has-a-part",
                _("%(user)s belongs to %(unit)s or has declared a tie to it; please name somebody else.")
                % {"user": str(user), "unit": unit.name},
                "§6(7)",
                status=422,
            )
    what = _hand_in_it(appeal, user)
    if what:
        raise Refused(
            "reviewer-has-a-part",
            _("%(user)s entered or decided “%(what)s”, which is questioned; please name somebody else.")
            % {"user": str(user), "what": what},
            "§6(7)",
            status=422,
        )


def name_reviewer(
    *, by: Hat, cycle: Cycle, appeal_id: int, reviewer: User, version: int | None = None
) -> Appeal:
    """Say who re-checks: the office, or for a doubt about another unit the leaders (H04).  §6(7)"""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require_impartial("H04", by, appeal)
        require_state(appeal, AppealState.FILED, AppealState.IN_CHECK)
        require_version(appeal, version)
        if appeal.is_about_another and by.role not in LEADERS:
            raise Refused(
                "leaders-name",
                _("A doubt about another unit goes to the leaders: they name who re-checks it."),
                "§6(7)",
                status=403,
            )
        fitting = [hat for hat in hats_of(reviewer) if hat.fits(cycle)]
        if not any(not permissions.grant_of("H05", hat).is_denied for hat in fitting):
            raise Refused(
                "no-reviewer",
                _("%(user)s holds no role of this year that may re-check.") % {"user": str(reviewer)},
                status=422,
            )
        require_without_part(appeal, reviewer)
        appeal.reviewer, appeal.state = reviewer, AppealState.IN_CHECK
        appeal.named_by, appeal.named_role, appeal.named_at = by.user, str(by.role), timezone.now()
        save(appeal)
        told = _("You are named to re-check %(code)s.") % {"code": appeal.code}
        _notify(appeal, [reviewer.pk], told)
        audit.record(by, "appeal.reviewer-named", appeal, cycle_code=cycle.code, after=reviewer.username)
    return appeal


def record_recheck(
    *,
    by: Hat,
    cycle: Cycle,
    appeal_id: int,
    text: str,
    advice: str,
    files: Sequence[StoredFile] = (),
) -> Recheck:
    """The person named says what was looked at and found (H05).  §6(7)"""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require_impartial("H05", by, appeal, is_named=appeal.reviewer_id == by.user.pk)
        require_without_part(appeal, by.user)
        require_state(appeal, AppealState.IN_CHECK, AppealState.CHECKED)
        if not text.strip() or advice not in Recheck.Advice.values:
            raise Refused(
                "incomplete", _("Please enter what was found and what is advised."), "§6(7)", status=422
            )
        if appeal.points.filter(first_at__isnull=False).exists():
            raise Refused("signed-already", _("Its decision is being signed already."), "§6(7)")
        found = Recheck.objects.create(
            appeal=appeal, text=text.strip()[:LONGEST_WORDS], advice=advice, by=by.user
        )
        attach(appeal, files, by, AppealFile.Purpose.RECHECK)
        appeal.state = AppealState.CHECKED
        save(appeal)
        audit.record(
            by, "appeal.rechecked", appeal, cycle_code=cycle.code, reason=found.text, after=found.advice
        )
    return found


# The window and when the results reached the units -----------------------------------------------


def set_terms(*, by: Hat, cycle: Cycle, working_days: int) -> AppealTerms:
    """For how many working days results may be questioned (L15: the office)."""
    with transaction.atomic():
        require("L15", by, cycle)
        if not 1 <= working_days <= 60:
            raise Refused("out-of-range", _("Please choose 1 to 60 working days."), status=422)
        terms, _made = AppealTerms.objects.get_or_create(cycle=cycle)
        before, terms.working_days = terms.working_days, working_days
        terms.save()
        audit.record(by, "appeal.terms-set", terms, cycle_code=cycle.code, before=before, after=working_days)
    return terms


def note_delivery(
    *, by: Hat, cycle: Cycle, unit: Unit, reached_on: date, receiver: str, how: str = DeliveryHow.HANDED
) -> ResultDelivery:
    """Write down when a unit's result letter reached it; its window runs from the next day (L15).  §6(7)"""
    with transaction.atomic():
        require("L15", by, cycle)
        require_takes_part(cycle, unit.pk)
        opened = terms_of(cycle).opened_on
        if reached_on > timezone.localdate() or (opened is not None and reached_on < opened):
            raise Refused(
                "not-then",
                _("%(day)s cannot be: results are open since %(opened)s.")
                % {"day": reached_on.isoformat(), "opened": opened.isoformat() if opened else "—"},
                status=422,
            )
        if not receiver.strip() or how not in DeliveryHow.values:
            raise Refused("no-receiver", _("Please enter who received it."), status=422)
        row, _made = ResultDelivery.objects.update_or_create(
            cycle=cycle,
            unit=unit,
            defaults={
                "reached_on": reached_on,
                "receiver": receiver.strip()[:60],
                "how": how,
                "noted_by": by.user,
            },
        )
        audit.record(
            by,
            "result.delivered",
            row,
            cycle_code=cycle.code,
            after=reached_on.isoformat(),
            receiver=row.receiver,
        )
    return row
