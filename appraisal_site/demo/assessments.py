"""The demo's self-assessments: reasons beside the own points, some evidence, receipts, two units on signed paper.

The own points themselves are written by scores.py; rows are written at once with one log entry.
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from appraisal_site.demo.papers import page_of, pdf, png
from appraisal_site.demo.people import People
from appraisal_site.demo.scores import BATCH, Book
from appraisal_site.demo.words import ANY_REASON, REASONS
from office import audit
from scoring import assessment_queries
from scoring.actions import assessments as acts
from scoring.assessment_queries import LineFacts, Part
from scoring.models import Assessment, AssessmentLine, Deduction, Receipt, Score, ScoreKind
from units.actions import paper_forms
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment, SignedForm, Unit
from units.paper_forms import kind_named

ON_PAPER = "竹溪乡"  # its signed paper was compared and counts
WAITS = "龙潭乡"  # its scan waits for the second person
EVIDENCE_OF = ("青山乡", "东河镇", "市信访局", "市农业局", "市委办")


def write(book: Book, since: datetime, until: datetime) -> None:
    """Everything a year at preliminary review has of them; one unit still waits for its paper to be compared."""
    cycle, people = book.people.cycle, book.people
    _explain(cycle)
    units = list(Unit.objects.filter(memberships__block__cycle=cycle).distinct().order_by("order", "pk"))
    _parts(cycle, units, until)
    _lay_evidence(people, units)
    on_screen = [unit for unit in units if unit.name not in {ON_PAPER, WAITS}]
    _receipts(cycle, on_screen, since, until)
    for name in (ON_PAPER, WAITS):
        _scan(cycle, people, name)
    _compare(cycle, people, ON_PAPER)


def write_past(book: Book, since: datetime, until: datetime) -> None:
    """Those of a year that is over: reasons, and a receipt for every unit."""
    cycle = book.people.cycle
    _explain(cycle)
    units = list(Unit.objects.filter(memberships__block__cycle=cycle).distinct().order_by("order", "pk"))
    _parts(cycle, units, until)
    _receipts(cycle, units, since, until)


def complete(cycle: Cycle, people: People) -> None:
    """The last paper is compared as well."""
    _compare(cycle, people, WAITS)


def _explain(cycle: Cycle) -> None:
    """One line of deduction for every own score below its base."""
    scores = Score.objects.filter(cell__block__cycle=cycle, kind=ScoreKind.SELF).select_related(
        "cell__sub_item"
    )
    lines = []
    for score in scores.order_by("cell_id"):
        off = score.cell.sub_item.base_points - score.points
        if off > 0:
            reasons = REASONS.get(score.cell.sub_item.name, ANY_REASON)
            luck = hashlib.sha256(f"{score.points} {score.cell_id}".encode()).digest()[0]
            lines.append(Deduction(score=score, points=off, reason=reasons[luck % len(reasons)]))
    Deduction.objects.bulk_create(lines, batch_size=BATCH)


def _lay_evidence(people: People, units: Sequence[Unit]) -> None:
    """A notice and a picture beside the first cells of a few units, through the act itself."""
    for unit in units:
        if unit.name not in EVIDENCE_OF:
            continue
        hat = people.official_of(unit)
        cells = assessment_queries.cells_of_part(people.cycle, unit.pk, None).select_related("sub_item")
        for number, cell in enumerate(cells[:2]):
            title = f"{unit.name}{cell.sub_item.name}年度总结"
            content = pdf([title, "内容为演示数据。"]) if number == 0 else png(title)
            name = f"{cell.sub_item.name}年度总结.{'pdf' if number == 0 else 'png'}"
            acts.add_evidence(by=hat, cell_id=cell.pk, upload=SimpleUploadedFile(name, content))


def _parts(cycle: Cycle, units: Sequence[Unit], at: datetime) -> None:
    parts = Assessment.objects.bulk_create(
        [Assessment(cycle=cycle, unit=unit, saved_at=at) for unit in units], batch_size=BATCH
    )
    by_unit = {part.unit_id: part for part in parts}
    scores = Score.objects.filter(cell__block__cycle=cycle, kind=ScoreKind.SELF)
    AssessmentLine.objects.bulk_create(
        [
            AssessmentLine(
                assessment=by_unit[score.cell.membership.unit_id],
                cell=score.cell,
                saved_by_id=score.entered_by_id,
                saved_at=score.entered_at,
            )
            for score in scores.select_related("cell__membership").order_by("cell_id")
        ],
        batch_size=BATCH,
    )


def _receipts(cycle: Cycle, units: Sequence[Unit], since: datetime, until: datetime) -> None:
    """The principals submit one after the other towards the end of the window."""
    begin = since + (until - since) * 2 / 3
    step = (until - begin) / (len(units) + 1)
    principals = {
        role.unit_id: role.user
        for role in RoleAssignment.objects.filter(cycle=cycle, role=Role.PRINCIPAL).select_related("user")
    }
    parts = {part.unit_id: part for part in Assessment.objects.filter(cycle=cycle, block=None)}
    lines: dict[int, list[LineFacts]] = defaultdict(list)
    for facts in assessment_queries.facts_of(list(assessment_queries.cells_of_parts(cycle, None))):
        facts.cell.block.cycle = cycle
        lines[facts.cell.membership.unit_id].append(facts)
    receipts = []
    for number, unit in enumerate(units, 1):
        part = Part(cycle, unit, None, parts[unit.pk], None, tuple(lines[unit.pk]))
        assert part.assessment is not None
        at = begin + number * step
        user = principals[unit.pk]
        name = f"{cycle.code}-自评-{part.assessment.pk:04d}-1"
        text = acts.canonical(acts.content_of(part, name, str(user), at))
        receipts.append(
            Receipt(
                assessment=part.assessment,
                number=name,
                submitted_by=user,
                submitted_at=at,
                content=text,
                digest=acts.digest_of(text),
            )
        )
    Receipt.objects.bulk_create(receipts, batch_size=BATCH)
    audit.record(
        None,
        "self.submitted",
        cycle,
        cycle_code=cycle.code,
        count=len(receipts),
        digests=[receipt.digest for receipt in receipts],
        demo=True,
    )


def _scan(cycle: Cycle, people: People, name: str) -> None:
    unit = Unit.objects.get(name=name)
    office: Hat = people.hats["office1"]
    part = acts.open_part(by=office, cycle=cycle, unit=unit, block=None)
    form = paper_forms.print_form(by=office, cycle=cycle, kind="self", about_id=part.pk)
    upload = SimpleUploadedFile(f"{form.code}.png", _signed_picture(form))
    paper_forms.take_scan(by=office, cycle=cycle, code=form.code, upload=upload)


def _compare(cycle: Cycle, people: People, name: str) -> None:
    form = SignedForm.objects.get(cycle=cycle, kind="self", unit__name=name, state="scanned")
    digest = kind_named(form.kind).figures(form).digest
    paper_forms.compare(by=people.hats["office2"], cycle=cycle, code=form.code, digest=digest)


def _signed_picture(form: SignedForm) -> bytes:
    """The form's first lines as a scanned page, with what a signature and a seal would be."""
    figures = kind_named(form.kind).figures(form)
    rows = [f"{row[2]}　{row[3]}　{row[4]}" for row in figures.rows[:7]]
    lines = [form.title, f"表单编号 {form.code}", *rows, "……", "演示数据　（盖章）　（签字）"]
    out = io.BytesIO()
    page_of(lines).save(out, "PNG")
    return out.getvalue()
