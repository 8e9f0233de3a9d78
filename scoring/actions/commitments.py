"""A unit writes and signs its promises, the office examines them: accept, return with words, again (§8(2)).

Every signing is a round of its own and stays readable; the state of the year is asked of the matrix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.actions.adjustments import locked
from office import audit
from office.refusal import Refused
from scoring.commitment_queries import serving_choices
from scoring.models import Commitment, CommitmentRound, CommitmentState, Goal, Verdict
from units.hats import Hat
from units.models import Cycle, SignedForm, Unit
from units.notices import tell_unit
from units.permissions import may, require

ENTER, SIGN, EXAMINE = "D09", "D10", "D11"
MOST_GOALS = 60
LONGEST_WORDS = 500
# Refusals that are about the person or the year, not about one commitment.
STOPS_ALL = frozenset({"not-permitted", "stage-closed"})


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """One goal as typed; `id` of a goal that is there already, None for a new one."""

    text: str
    measure: str
    target: str
    due: date
    sub_item_id: int | None = None
    support: str = ""
    id: int | None = None


def _commitment(cycle: Cycle, unit_id: int) -> Commitment | None:
    return (
        Commitment.objects.filter(cycle=cycle, unit_id=unit_id)
        .select_related("unit")
        .select_for_update(of=("self",))
        .first()
    )


def _require_there(cycle: Cycle, unit_id: int) -> Commitment:
    found = _commitment(cycle, unit_id)
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return found


def _require_version(row: Commitment, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Refused(
            "changed-meanwhile",
            _(
                "%(who)s changed this at %(when)s; it is now %(state)s. What you typed is still below: compare it and save again."
            )
            % {
                "who": str(row.changed_by),
                "when": timezone.localtime(row.changed_at).strftime("%H:%M"),
                "state": row.get_state_display(),
            },
            values={"state": row.state, "version": row.version},
        )


def _require_writable(row: Commitment) -> None:
    if not row.is_open:
        raise Refused(
            "commitment-signed",
            _(
                "The commitment of %(unit)s is %(state)s. To change it the principal takes it back, or the appraisal office returns it."
            )
            % {"unit": row.unit.name, "state": row.get_state_display()},
            "§8(2)",
        )


def _touch(row: Commitment, by: Hat, state: CommitmentState | None = None) -> None:
    row.version += 1
    row.changed_by, row.changed_at = by.user, timezone.now()
    if state is not None:
        row.state = state
    row.save()


def content_of(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """The goals as a round keeps them: plain values, names instead of keys."""
    return [
        {
            "id": goal.pk,
            "text": goal.text,
            "measure": goal.measure,
            "target": goal.target,
            "due": goal.due.isoformat(),
            "sub_item": f"{goal.sub_item.item.block.name} · {goal.sub_item.name}" if goal.sub_item else "",
            "support": goal.support,
        }
        for goal in goals
    ]


def digest_of(content: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# The unit ----------------------------------------------------------------------------------------


@transaction.atomic
def save_goals(
    *, by: Hat, cycle: Cycle, unit: Unit, goals: Sequence[GoalDraft], version: int | None = None
) -> Commitment:
    """Keep the goals as typed, in this order; those left out are taken away.  D09, §8(2).

    Raises Refused: not permitted, stage closed, signed already, changed meanwhile, a day outside the year, a
    sub-item of another block, or a goal taken away on whose progress somebody reported.
    """
    year = locked(cycle)
    require(ENTER, by, year, unit_id=unit.pk)
    row = _commitment(year, unit.pk)
    if row is None:
        row = Commitment(cycle=year, unit=unit, changed_by=by.user, changed_at=timezone.now())
    else:
        _require_writable(row)
    _require_version(row, version)
    _require_sound(year, unit, goals)
    _touch(row, by)
    kept = _store(row, goals)
    audit.record(
        by,
        "commitment.saved",
        row,
        cycle_code=year.code,
        unit=unit.name,
        goals=len(kept),
        version=row.version,
    )
    return row


def _require_sound(cycle: Cycle, unit: Unit, goals: Sequence[GoalDraft]) -> None:
    if not cycle.blocks.filter(memberships__unit=unit).exists():
        raise Refused("not-found", _("There is no such record."), status=404)
    if len(goals) > MOST_GOALS:
        raise Refused(
            "too-many-goals",
            _("A commitment holds at most %(most)d goals; these are %(count)d. Please join some.")
            % {"most": MOST_GOALS, "count": len(goals)},
            "§8(2)",
            status=422,
        )
    open_to = {sub.pk for sub in serving_choices(cycle, unit.pk)}
    for number, goal in enumerate(goals, 1):
        if not (goal.text.strip() and goal.measure.strip() and goal.target.strip()):
            raise Refused(
                "goal-incomplete",
                _("Goal %(number)d: please enter the goal, how it is measured and its target.")
                % {"number": number},
                "§8(2)",
                status=422,
            )
        if goal.due.year != cycle.year:
            raise Refused(
                "due-outside-year",
                _(
                    "Goal %(number)d is due on %(day)s, outside the year %(year)d. Please enter a day of the year."
                )
                % {"number": number, "day": goal.due.isoformat(), "year": cycle.year},
                "§8(2)",
                status=422,
            )
        if goal.sub_item_id is not None and goal.sub_item_id not in open_to:
            raise Refused(
                "foreign-sub-item",
                _("Goal %(number)d: this sub-item is not among those of %(unit)s.")
                % {"number": number, "unit": unit.name},
                status=422,
            )


def _store(row: Commitment, goals: Sequence[GoalDraft]) -> list[Goal]:
    there = {goal.pk: goal for goal in row.goals.all()}
    wanted = {goal.id for goal in goals if goal.id is not None}
    if wanted - set(there):
        raise Refused(
            "changed-meanwhile",
            _("A goal you changed was taken away meanwhile. Please open the page again and compare."),
        )
    gone = [goal for pk, goal in there.items() if pk not in wanted]
    told = next((goal for goal in gone if goal.progress.exists()), None)
    if told is not None:
        raise Refused(
            "goal-reported",
            _("Progress was reported on “%(goal)s”, so it cannot be taken away. Change its wording instead.")
            % {"goal": str(told)},
            "§8(2)",
        )
    Goal.objects.filter(pk__in=[goal.pk for goal in gone]).delete()
    kept = []
    for order, draft in enumerate(goals, 1):
        goal = there[draft.id] if draft.id is not None else Goal(commitment=row)
        goal.order = order
        goal.text, goal.measure = draft.text.strip(), draft.measure.strip()
        goal.target, goal.due = draft.target.strip(), draft.due
        goal.sub_item_id, goal.support = draft.sub_item_id, draft.support.strip()
        goal.save()
        kept.append(goal)
    return kept


@transaction.atomic
def sign(*, by: Hat, cycle: Cycle, unit: Unit, version: int | None = None) -> CommitmentRound:
    """The principal signs: the goals become a round that the office examines.  D10, §8(2)."""
    year = locked(cycle)
    require(SIGN, by, year, unit_id=unit.pk)
    row = _require_there(year, unit.pk)
    _require_writable(row)
    _require_version(row, version)
    return _seal(by, row, None)


def count_paper(by: Hat, form: SignedForm) -> CommitmentRound:
    """The signed sheet was compared with the screen: the goals count as signed by the principal (E14, D10).

    Raises Refused: signed already, no goal, out of the time in which commitments are examined, an own unit.
    """
    with transaction.atomic():
        year = locked(form.cycle)
        row = Commitment.objects.filter(cycle=year, pk=form.about_id).values_list("unit", flat=True).first()
        found = _require_there(year, row or 0)
        require_may_count(by, found)
        _require_writable(found)
        return _seal(by, found, form)


def require_may_count(by: Hat, row: Commitment) -> None:
    """E14 in the stages in which a commitment is examined, by somebody without a tie to its unit."""
    require("E14", by, row.cycle, unit_id=row.unit_id, acts_on_unit=True)
    require(EXAMINE, by, row.cycle, unit_id=row.unit_id, acts_on_unit=True)


def _seal(by: Hat, row: Commitment, form: SignedForm | None) -> CommitmentRound:
    """The goals as they are now become a round; on paper it was signed when its scan came."""
    goals = list(row.goals.select_related("sub_item__item__block").order_by("order", "pk"))
    if not goals:
        raise Refused(
            "no-goals",
            _("The commitment of %(unit)s holds no goal yet. Please enter at least one before signing.")
            % {"unit": row.unit.name},
            "§8(2)",
            status=422,
        )
    now = form.scanned_at if form is not None and form.scanned_at is not None else timezone.now()
    content = content_of(goals)
    made = CommitmentRound.objects.create(
        commitment=row,
        number=row.rounds.count() + 1,
        goals=content,
        sha256=digest_of(content),
        signed_by=by.user,
        signed_at=now,
        paper=form,
    )
    row.first_signed_at = row.first_signed_at or now
    _touch(row, by, CommitmentState.SUBMITTED)
    audit.record(
        by,
        "commitment.signed",
        row,
        cycle_code=row.cycle.code,
        unit=row.unit.name,
        round=made.number,
        goals=len(goals),
        sha256=made.sha256,
        version=row.version,
        form=form.code if form is not None else "",
    )
    return made


def _open_round(row: Commitment) -> CommitmentRound:
    """The round that waits for the office."""
    found = row.rounds.filter(verdict=Verdict.OPEN).order_by("-number").first()
    if found is None or row.state != CommitmentState.SUBMITTED:
        raise Refused(
            "not-submitted",
            _("The commitment of %(unit)s is %(state)s; nothing waits to be examined.")
            % {"unit": row.unit.name, "state": row.get_state_display()},
            "§8(2)",
        )
    return found


def _close(found: CommitmentRound, by: Hat, verdict: Verdict, words: str) -> None:
    found.verdict, found.words = verdict, words
    found.decided_by, found.decided_at = by.user, timezone.now()
    found.save()


@transaction.atomic
def withdraw(*, by: Hat, cycle: Cycle, unit: Unit, version: int | None = None) -> Commitment:
    """The principal takes a signed commitment back before it is examined.  D10."""
    year = locked(cycle)
    require(SIGN, by, year, unit_id=unit.pk)
    row = _require_there(year, unit.pk)
    _require_version(row, version)
    found = _open_round(row)
    _close(found, by, Verdict.WITHDRAWN, "")
    _touch(row, by, CommitmentState.DRAFT)
    audit.record(
        by, "commitment.withdrawn", row, cycle_code=year.code, unit=unit.name, round=found.number,
        version=row.version,
    )  # fmt: skip
    return row


# The office --------------------------------------------------------------------------------------


def _accept(by: Hat, cycle: Cycle, row: Commitment, version: int | None, words: str) -> CommitmentRound:
    require(EXAMINE, by, cycle, unit_id=row.unit_id, acts_on_unit=True)
    _require_version(row, version)
    found = _open_round(row)
    _close(found, by, Verdict.ACCEPTED, words.strip()[:LONGEST_WORDS])
    _touch(row, by, CommitmentState.ACCEPTED)
    return found


def _told(row: Commitment, found: CommitmentRound) -> dict[str, Any]:
    return {"unit": row.unit.name, "round": found.number, "sha256": found.sha256, "version": row.version}


def _tell(cycle: Cycle, row: Commitment, text: str) -> None:
    tell_unit(cycle, row.unit_id, text, reverse("commitment", args=[cycle.code, row.unit.name]))


@transaction.atomic
def accept(*, by: Hat, cycle: Cycle, unit: Unit, words: str = "", version: int | None = None) -> Commitment:
    """The office accepts what the principal signed.  D11, §8(2)."""
    year = locked(cycle)
    row = _require_there(year, unit.pk)
    found = _accept(by, year, row, version, words)
    _tell(year, row, _("The appraisal office accepted your commitment."))
    audit.record(
        by, "commitment.accepted", row, cycle_code=year.code, reason=found.words, **_told(row, found)
    )
    return row


@transaction.atomic
def return_with_words(
    *, by: Hat, cycle: Cycle, unit: Unit, words: str, version: int | None = None
) -> Commitment:
    """The office gives a commitment back with words; an accepted one too, as a round of its own.  D11, §8(2)."""
    year = locked(cycle)
    row = _require_there(year, unit.pk)
    require(EXAMINE, by, year, unit_id=row.unit_id, acts_on_unit=True)
    _require_version(row, version)
    said = words.strip()[:LONGEST_WORDS]
    if not said:
        raise Refused(
            "no-words",
            _("Please write what has to be changed; the unit reads it beside its goals."),
            "§8(2)",
            status=422,
        )
    if row.state == CommitmentState.ACCEPTED:
        last = row.rounds.latest("number")
        found = CommitmentRound(
            commitment=row,
            number=last.number + 1,
            goals=last.goals,
            sha256=last.sha256,
            signed_by=last.signed_by,
            signed_at=last.signed_at,
        )
    else:
        found = _open_round(row)
    _close(found, by, Verdict.RETURNED, said)
    _touch(row, by, CommitmentState.RETURNED)
    _tell(year, row, _("The appraisal office returned your commitment: %(words)s") % {"words": said})
    audit.record(by, "commitment.returned", row, cycle_code=year.code, reason=said, **_told(row, found))
    return row


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of many at once."""

    done: list[Commitment]
    left: list[tuple[Commitment, Refused]]  # and why


@transaction.atomic
def accept_many(*, by: Hat, cycle: Cycle, versions: Mapping[int, int]) -> Examined:
    """Accept everything that was ticked (id → version seen); what cannot be is left and says why.  D11."""
    year = locked(cycle)
    require(EXAMINE, by, year)
    rows = (
        Commitment.objects.filter(cycle=year, pk__in=list(versions))
        .select_related("unit", "changed_by")
        .select_for_update(of=("self",))
        .order_by("unit__order", "pk")
    )
    done: list[tuple[Commitment, CommitmentRound]] = []
    left: list[tuple[Commitment, Refused]] = []
    for row in rows:
        try:
            done.append((row, _accept(by, year, row, versions[row.pk], "")))
        except Refused as refusal:
            if refusal.code in STOPS_ALL:
                raise
            left.append((row, refusal))
    for row, _found in done:
        _tell(year, row, _("The appraisal office accepted your commitment."))
    for row, found in done:
        audit.record(by, "commitment.accepted", row, cycle_code=year.code, **_told(row, found))
    return Examined([row for row, _found in done], left)


def unit_may_write(cycle: Cycle, by: Hat, row: Commitment | None, unit_id: int) -> bool:
    """True when this hat may write in the commitment now; for pages that show or hide a way in."""
    return (row is None or row.is_open) and may(ENTER, by, cycle, unit_id=unit_id)
