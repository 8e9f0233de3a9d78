"""A unit assesses itself: saving line by line, evidence, submitting, withdrawing, being sent back (§6(4)).

What a line's points may be is judged by scoring.actions.scores; self-assessment is shown and never counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, evidence
from office.fields import format_points
from office.models import Evidence, Notice
from office.refusal import Refused
from scoring import assessment_queries as queries
from scoring.actions.scores import SCORE_FIELDS, DeductionLine, points_after, require_points
from scoring.assessment_queries import LineFacts, Part
from scoring.models import Assessment, AssessmentLine, Cell, Deduction, Receipt, Score, ScoreKind
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Reopening, RoleAssignment, SignedForm, Unit
from units.permissions import require
from units.stages import Stage

CLAUSE = "§6(4)"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed of one cell.  `points` None with lines: the lines give it; None without: not said yet."""

    points: Decimal | None = None
    lines: Sequence[DeductionLine] = ()
    note: str = ""
    wishes_not_involved: bool = False
    wish_reason: str = ""


def require_may_write(by: Hat, cell: Cell, *, row: str = "D02") -> None:
    """The unit itself in its stage, or the office from the signed paper (E14)."""
    require(
        "E14" if by.role is Role.OFFICE else row,
        by,
        cell.block.cycle,
        unit_id=cell.membership.unit_id,
        block=cell.block,
        acts_on_unit=by.role is Role.OFFICE,
    )


def _locked_part(cycle_id: int, unit_id: int, block_id: int | None) -> Assessment:
    """The part's row, locked, so that saving and submitting come one after the other; made on first use."""
    rows = Assessment.objects.select_for_update(of=("self",))
    found = rows.filter(cycle=cycle_id, unit=unit_id, block=block_id).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            Assessment.objects.create(cycle_id=cycle_id, unit_id=unit_id, block_id=block_id)
    except IntegrityError:
        pass  # somebody else saved the first line in this very moment
    return rows.get(cycle=cycle_id, unit=unit_id, block=block_id)


def _locked_part_of(cell_id: int) -> Assessment:
    """The part a cell belongs to, locked before anything of it is read; raises Refused (404) for no cell."""
    place = (
        Cell.objects.filter(pk=cell_id)
        .values_list("block__cycle_id", "membership__unit_id", "block_id", "block__has_own_calendar")
        .first()
    )
    if place is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    cycle_id, unit_id, block_id, has_own = place
    return _locked_part(cycle_id, unit_id, block_id if has_own else None)


def open_part(*, by: Hat, cycle: Cycle, unit: Unit, block: Block | None) -> Assessment:
    """The part's row, so that its form can be printed before a line is saved.

    Raises Refused (404) for anybody but the unit's own people and the office.
    """
    if by.role is Role.OFFICE:
        require("E14", by, cycle, block=block)
    else:
        require("D01", by, cycle, unit_id=unit.pk, block=block)
        if by.unit_id != unit.pk:
            raise Refused("not-found", _("There is no such record."), status=404)
    with transaction.atomic():
        return _locked_part(cycle.pk, unit.pk, block.pk if block is not None else None)


def save_line(*, by: Hat, cell_id: int, said: Said, seen: str | None = None) -> LineFacts:
    """Keep what the unit says of one cell; the official's form saves itself through here, line by line.

    `seen` is the digest the form was shown with, None for doors without a screen. Saving the same once more
    changes nothing. Raises Refused: stage or deadline over, submitted already, out of range, a deduction
    without reason, points that contradict the lines, changed by somebody else meanwhile (409 with both).
    """
    with transaction.atomic():
        assessment = _locked_part_of(cell_id)
        before = queries.line_facts(cell_id)
        cell = before.cell
        require_may_write(by, cell)
        cycle, unit_id, block = cell.block.cycle, cell.membership.unit_id, queries.part_of(cell)
        queries.require_not_submitted(cycle, unit_id, block)
        points = _points_said(cell, said)
        if _says_the_same(before, said, points):
            return before
        if seen is not None and seen != before.seen:
            raise _changed_meanwhile(before, points)
        at = timezone.now()
        if points is not None:
            score = _store_score(by, cell, points, said.note, at)
            if said.lines or before.lines:
                _store_lines(score, said.lines)
        elif before.score is not None:
            Deduction.objects.filter(score=before.score).delete()
            Score.objects.filter(pk=before.score.pk).delete()
        AssessmentLine.objects.bulk_create(
            [
                AssessmentLine(
                    assessment=assessment,
                    cell=cell,
                    note=said.note,
                    wishes_not_involved=said.wishes_not_involved,
                    wish_reason=said.wish_reason if said.wishes_not_involved else "",
                    saved_by=by.user,
                    saved_at=at,
                )
            ],
            update_conflicts=True,
            unique_fields=["cell"],
            update_fields=["note", "wishes_not_involved", "wish_reason", "saved_by", "saved_at"],
        )
        Cell.objects.filter(pk=cell.pk).update(version=F("version") + 1)
        Assessment.objects.filter(pk=assessment.pk).update(saved_at=at)
        audit.record(
            by,
            "self.saved",
            cell,
            cycle_code=cycle.code,
            kind="self",
            before=None if before.points is None else format_points(before.points),
            after=None if points is None else format_points(points),
            reason=said.wish_reason if said.wishes_not_involved else said.note,
            lines=[[format_points(line.points), line.reason] for line in said.lines],
            not_involved=said.wishes_not_involved,
        )
    return queries.line_facts(cell_id)


def _points_said(cell: Cell, said: Said) -> Decimal | None:
    sub = cell.sub_item
    if len(said.note) > 500 or len(said.wish_reason) > 300:
        raise Refused("too-long", _("A note has at most 500 characters, a reason 300."), status=422)
    for line in said.lines:
        require_points(
            line.points,
            floor=Decimal(0),
            base=sub.base_points - sub.floor,
            places=cell.block.cycle.places,
            what=_("%(cell)s, deduction") % {"cell": str(sub)},
        )
        if line.points > 0 and not line.reason.strip():
            raise Refused(
                "no-reason",
                _("%(cell)s: a deduction of %(points)s has no reason. Please say what it is for.")
                % {"cell": str(sub), "points": format_points(line.points)},
                CLAUSE,
                status=422,
            )
    if said.wishes_not_involved:
        if not said.wish_reason.strip():
            raise Refused("no-reason", _("“Not involved” needs a reason."), "§3", status=422)
        if said.points is not None or said.lines:
            raise Refused(
                "points-and-wish",
                _("%(cell)s: either points or “hardly involves us”, not both.") % {"cell": str(sub)},
                "§3",
                status=422,
            )
        return None
    points = said.points
    if said.lines:
        computed = points_after(cell, said.lines)
        if points is not None and points != computed:
            raise Refused(
                "lines-disagree",
                _(
                    "%(cell)s: base %(base)s less the deductions gives %(computed)s, but %(points)s was entered. Please correct one of them."
                )
                % {
                    "cell": str(sub),
                    "base": format_points(sub.base_points),
                    "computed": format_points(computed),
                    "points": format_points(points),
                },
                "§3",
                status=422,
            )
        points = computed
    if points is not None:
        require_points(
            points, floor=sub.floor, base=sub.base_points, places=cell.block.cycle.places, what=str(sub)
        )
    return points


def _says_the_same(before: LineFacts, said: Said, points: Decimal | None) -> bool:
    return (
        before.points == points
        and before.note == said.note
        and before.wishes_not_involved == said.wishes_not_involved
        and before.wish_reason == (said.wish_reason if said.wishes_not_involved else "")
        and [(line.points, line.reason, line.indicator_id) for line in before.lines]
        == [(line.points, line.reason, line.indicator.pk if line.indicator else None) for line in said.lines]
    )


def _changed_meanwhile(before: LineFacts, wanted: Decimal | None) -> Refused:
    stored = format_points(before.points) if before.points is not None else "—"
    mine = format_points(wanted) if wanted is not None else "—"
    who = str(before.score.entered_by) if before.score is not None else "—"
    return Refused(
        "changed-meanwhile",
        _(
            "%(cell)s was changed meanwhile by %(who)s: it now reads %(stored)s; you wanted %(wanted)s. Look again, then save."
        )
        % {"cell": str(before.cell.sub_item), "who": who, "stored": stored, "wanted": mine},
        status=409,
        values={"stored": stored, "wanted": mine, "seen": before.seen, "version": before.seen},
    )


def _store_score(by: Hat, cell: Cell, points: Decimal, note: str, at: datetime) -> Score:
    is_office = by.role is Role.OFFICE
    Score.objects.bulk_create(
        [
            Score(
                cell=cell,
                kind=ScoreKind.SELF,
                points=points,
                entered_by=by.user,
                entered_at=at,
                by_office=is_office,
                on_behalf_of=cell.membership.unit if is_office else None,
                reason=note,
            )
        ],
        update_conflicts=True,
        unique_fields=["cell", "kind"],
        update_fields=SCORE_FIELDS,
    )
    return Score.objects.get(cell=cell, kind=ScoreKind.SELF)


def _store_lines(score: Score, lines: Sequence[DeductionLine]) -> None:
    Deduction.objects.filter(score=score).delete()
    Deduction.objects.bulk_create(
        [
            Deduction(
                score=score,
                indicator=line.indicator,
                points=line.points,
                reason=line.reason,
                evidence=line.evidence,
                on=line.on,
            )
            for line in lines
        ]
    )


# Evidence -----------------------------------------------------------------------------------------


def add_evidence(*, by: Hat, cell_id: int, upload: evidence.Upload, note: str = "") -> tuple[Evidence, bool]:
    """Lay a file beside a cell, on the account of its unit; (evidence, False) when it lies there already.  Row D05.

    After the submission only the office, the lead and the team may still add. Raises Refused as
    evidence.receive does, and once the unit has submitted.
    """
    facts = queries.line_facts(cell_id)
    _require_may_attach(by, facts.cell)
    cell = facts.cell
    account = evidence.account_of(cell.block.cycle.code, cell.membership.unit_id)
    received = evidence.receive(upload, by.user, account)
    with transaction.atomic():
        # The deadline may have passed while the file came up; and nobody submits while it is laid down.
        _locked_part_of(cell_id)
        cell = queries.line_facts(cell_id).cell
        _require_may_attach(by, cell)
        kept, is_new = evidence.attach(received, by=by.user, about=cell, account=account, note=note)
        if is_new:
            audit.record(
                by,
                "self.evidence-added",
                cell,
                cycle_code=cell.block.cycle.code,
                name=kept.file.name,
                sha256=kept.file.sha256,
            )
    return kept, is_new


def _require_may_attach(by: Hat, cell: Cell) -> None:
    from scoring.permissions import leads

    require(
        "D05",
        by,
        cell.block.cycle,
        unit_id=cell.membership.unit_id,
        leads=by.role is Role.LEAD and leads(by, cell.sub_item),
        block=cell.block,
        acts_on_unit=by.role is Role.OFFICE,
    )
    if by.role in {Role.OFFICIAL, Role.PRINCIPAL}:
        queries.require_not_submitted(cell.block.cycle, cell.membership.unit_id, queries.part_of(cell))


def remove_evidence(*, by: Hat, evidence_id: int) -> Cell:
    """Take a file away again, of a draft only (D07); the log keeps its name and digest."""
    with transaction.atomic():
        row = evidence.one(Cell, evidence_id)
        _locked_part_of(row.about_id)
        cell = queries.line_facts(row.about_id).cell
        require("D07", by, cell.block.cycle, unit_id=cell.membership.unit_id, block=cell.block)
        queries.require_not_submitted(cell.block.cycle, cell.membership.unit_id, queries.part_of(cell))
        name, sha256 = row.file.name, row.file.sha256
        evidence.take_away(row)
        audit.record(
            by, "self.evidence-removed", cell, cycle_code=cell.block.cycle.code, name=name, sha256=sha256
        )
    return cell


# Submitting ---------------------------------------------------------------------------------------


def content_of(part: Part, number: str, who: str, at: datetime) -> dict[str, Any]:
    """What a receipt seals: every figure, reason and file of the part, in the order of the plan."""
    return {
        "cycle": part.cycle.code,
        "unit": part.unit.name,
        "part": part.name,
        "number": number,
        "submitted_by": who,
        "submitted_at": audit.instant(at),
        "total": format_points(part.total),
        "lines": [
            {
                "block": line.cell.block.name,
                "item": line.cell.sub_item.item.name,
                "sub_item": line.cell.sub_item.name,
                "base": format_points(line.cell.sub_item.base_points),
                "points": None if line.points is None else format_points(line.points),
                "note": line.note,
                "not_involved": line.wish_reason if line.wishes_not_involved else None,
                "deductions": [
                    {
                        "points": format_points(off.points),
                        "reason": off.reason,
                        "indicator": str(off.indicator) if off.indicator is not None else "",
                    }
                    for off in line.lines
                ],
                "evidence": [{"name": row.file.name, "sha256": row.file.sha256} for row in line.evidence],
            }
            for line in part.lines
        ],
    }


def canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def require_complete(part: Part) -> None:
    """Raise Refused naming what is open: no points, or fewer than the base and no word why."""
    if not part.lines:
        raise Refused(
            "nothing-asked", _("%(unit)s is asked for nothing here.") % {"unit": part.unit}, status=422
        )
    empty = [line.cell.sub_item.name for line in part.lines if not line.is_answered]
    bare = [line.cell.sub_item.name for line in part.lines if line.lacks_reason]
    sentences = []
    if empty:
        sentences.append(
            _("%(count)d sub-items have no points yet: %(names)s.")
            % {"count": len(empty), "names": "、".join(empty[:6]) + ("…" if len(empty) > 6 else "")}
        )
    if bare:
        sentences.append(
            _("%(count)d sub-items have fewer points than their base and no reason: %(names)s.")
            % {"count": len(bare), "names": "、".join(bare[:6]) + ("…" if len(bare) > 6 else "")}
        )
    if sentences:
        raise Refused("not-complete", " ".join(sentences), CLAUSE, status=422)


def submit(*, by: Hat, cycle: Cycle, unit: Unit, block: Block | None = None) -> Receipt:
    """The principal hands the part in; the receipt seals what it says.  Row D03.

    A second click gets the receipt of the first. Raises Refused: stage or deadline over (with the server's
    time), something still open.
    """
    with transaction.atomic():
        # Asked after the row is ours: what waits past the deadline comes too late.
        assessment = _locked_part(cycle.pk, unit.pk, block.pk if block is not None else None)
        require("D03", by, cycle, unit_id=unit.pk, block=block)
        standing = queries.receipt_in_force(cycle, unit.pk, block)
        if standing is not None:
            if standing.submitted_by_id == by.user.pk:
                return standing
            raise queries.already_submitted(standing)
        part = queries.part(cycle, unit, block)
        require_complete(part)
        return _seal(by, part, assessment, None)


def _seal(by: Hat, part: Part, assessment: Assessment, form: SignedForm | None) -> Receipt:
    at = timezone.now()
    earlier = Receipt.objects.filter(assessment=assessment).count()
    number = f"{part.cycle.code}-自评-{assessment.pk:04d}-{earlier + 1}"
    text = canonical(content_of(part, number, str(by.user), at))
    receipt = Receipt.objects.create(
        assessment=assessment,
        number=number,
        submitted_by=by.user,
        submitted_at=at,
        content=text,
        digest=digest_of(text),
        form=form,
    )
    audit.record(
        by,
        "self.submitted",
        assessment,
        cycle_code=part.cycle.code,
        number=number,
        digest=receipt.digest,
        total=format_points(part.total),
        form=form.code if form is not None else "",
    )
    return receipt


def count_paper(by: Hat, form: SignedForm) -> Receipt:
    """The signed paper was compared with the screen: the part counts as submitted.  Row E14, called by the form.

    Where the principal submitted on the screen before, the paper is only laid beside that receipt.
    """
    assessment = Assessment.objects.select_related("cycle", "unit", "block").get(pk=form.about_id)
    assessment = _locked_part(assessment.cycle_id, assessment.unit_id, assessment.block_id)
    cycle, unit, block = form.cycle, assessment.unit, assessment.block
    part = queries.part(cycle, unit, block)
    Score.objects.filter(pk__in=[line.score.pk for line in part.lines if line.score is not None]).exclude(
        entered_by=by.user
    ).update(compared_by=by.user, paper=form.scan)
    if part.receipt is not None:
        Receipt.objects.filter(pk=part.receipt.pk).update(form=form)
        return part.receipt
    require_complete(part)
    return _seal(by, part, assessment, form)


def withdraw(*, by: Hat, cycle: Cycle, unit: Unit, block: Block | None = None, reason: str) -> Receipt:
    """Before the deadline the principal takes the submission back; the receipt stays, marked.  Row D04."""
    with transaction.atomic():
        assessment = _locked_part(cycle.pk, unit.pk, block.pk if block is not None else None)
        require("D04", by, cycle, unit_id=unit.pk, block=block)
        return _withdraw(by, cycle, assessment, reason, "self.withdrawn")


def _withdraw(by: Hat, cycle: Cycle, assessment: Assessment, reason: str, act: str) -> Receipt:
    if not reason.strip():
        raise Refused("no-reason", _("Taking a submission back needs a reason."), CLAUSE, status=422)
    receipt = queries.receipt_in_force(cycle, assessment.unit_id, assessment.block)
    if receipt is None:
        raise Refused(
            "nothing-submitted",
            _("%(unit)s has submitted nothing that could be taken back.") % {"unit": str(assessment.unit)},
        )
    receipt.withdrawn_by, receipt.withdrawn_at = by.user, timezone.now()
    receipt.withdrawn_reason = reason.strip()[:300]
    receipt.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    audit.record(
        by, act, assessment, cycle_code=cycle.code, number=receipt.number, reason=receipt.withdrawn_reason
    )
    return receipt


def send_back(
    *, by: Hat, cycle: Cycle, unit: Unit, block: Block | None = None, reason: str, until: datetime
) -> Receipt:
    """Return a submission for supplement, open until an instant; how often is counted.  Row E04.

    Raises Refused without a reason, for a moment that is past, or when nothing was submitted.
    """
    if until <= timezone.now():
        raise Refused("in-the-past", _("The time until which it is open again is past."), status=422)
    with transaction.atomic():
        assessment = _locked_part(cycle.pk, unit.pk, block.pk if block is not None else None)
        require("E04", by, cycle, unit_id=unit.pk, block=block, acts_on_unit=True)
        Assessment.objects.filter(pk=assessment.pk).update(
            returns=F("returns") + 1, return_reason=reason.strip()[:300]
        )
        Reopening.objects.create(
            cycle=cycle,
            stage=Stage.SELF_ASSESSMENT,
            unit=unit,
            until=until,
            reason=reason.strip()[:300] or "—",
            by=by.user,
        )
        text = _("Your self-assessment was sent back: %(reason)s") % {"reason": reason.strip()}
        people = RoleAssignment.objects.filter(
            unit=unit, role__in=[Role.OFFICIAL, Role.PRINCIPAL], cycle__in=[cycle]
        )
        Notice.objects.bulk_create(
            [
                Notice(user_id=user, text=text[:300], address=f"/years/{cycle.code}/self/")
                for user in sorted(set(people.values_list("user_id", flat=True)))
            ]
        )
        return _withdraw(by, cycle, assessment, reason, "self.sent-back")
