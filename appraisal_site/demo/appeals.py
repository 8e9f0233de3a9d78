"""The demo's appeals: one that swaps two units nobody touched, one on paper that is kept, a call that is answered.

Which score swaps others is searched for in memory, so that any seed has its own; all of it is fictional.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from appraisal_site.demo.papers import NOTICE, pdf
from appraisal_site.demo.people import People, account_name
from bonuses.actions.documents import keep_file
from office.fields import from_units
from office.refusal import Refused
from scoring import queries, sheets
from scoring.actions import appeal_register, appeal_rulings, appeals
from scoring.actions.appeal_register import Registration
from scoring.actions.appeal_rulings import Ruling
from scoring.actions.appeals import AppealDraft, PointDraft
from scoring.engine.changes import ScoreChange
from scoring.engine.sheet import Sheet
from scoring.engine.whatif import Outcome, what_if_each
from scoring.models import Appeal, AppealPoint, Cell, Channel, PointKind
from scoring.models import Outcome as Decided
from units.hats import Hat
from units.models import Block, Cycle, Unit

BLOCK = "乡镇口"
KINDS = ("onsite", "preliminary", "lead")  # the counted one is the first that is there
STEPS = 8  # trials between a mark and its base


@dataclass(frozen=True, slots=True)
class Trial:
    """One score that might have been wrong."""

    member: int
    sub_item: int
    kind: str
    points: int  # corrected, in units of the last place


def write(cycle: Cycle, everybody: People) -> None:
    """Three questions about the results, all decided; the year stands at the results."""
    found: Trial | None = None
    for block in Block.objects.filter(cycle=cycle, kind="综合").order_by("order"):
        block.cycle = cycle
        found = swap(sheets.named_sheet(block))
        if found is not None:
            _swapped(cycle, everybody, found)
            break
    _kept_on_paper(cycle, everybody, found)
    _called(cycle, everybody)


def swap(sheet: Sheet) -> Trial | None:
    """The smallest correction under which two other units change places and its own unit does not; None: there is none."""
    trials = list(_trials(sheet))
    changes = [[ScoreChange(t.member, t.sub_item, t.kind, t.points)] for t in trials]  # type: ignore[arg-type]  # one of KINDS
    best: tuple[int, int, Trial] | None = None
    for number, (trial, outcome) in enumerate(zip(trials, what_if_each(sheet, changes), strict=True)):
        others = _others_moved(outcome, trial)
        if others >= 2 and (best is None or (others, number) < best[:2]):
            best = (others, number, trial)
    return best[2] if best is not None else None


def _others_moved(outcome: Outcome, trial: Trial) -> int:
    """How many other units would stand elsewhere; 0 where the own place moves."""
    moved = {move.unit_key for move in outcome.place_moves}
    return 0 if trial.member in moved else len(moved)


def _trials(sheet: Sheet) -> Iterator[Trial]:
    """Every counted score below its base, raised in steps."""
    for unit in sheet.units:
        for item in sheet.items:
            for sub in item.sub_items:
                cell = sheet.cells.get((unit.key, sub.key))
                if cell is None or cell.not_involved or cell.proposed:
                    continue
                held = {"onsite": cell.onsite, "preliminary": cell.preliminary, "lead": cell.lead}
                kinds = ("onsite",) if sub.visit_required else KINDS
                kind = next((k for k in kinds if held[k] is not None), None)
                points = held[kind] if kind is not None else None
                if kind is None or points is None or points >= sub.base:
                    continue
                step = max(1, (sub.base - points) // STEPS)
                for raised in range(points + step, sub.base + 1, step):
                    yield Trial(unit.key, sub.key, kind, raised)


def _principal(everybody: People, unit: Unit) -> Hat:
    return everybody.hats[f"principal_{account_name(unit)}"]


def _swapped(cycle: Cycle, everybody: People, trial: Trial) -> None:
    """Filed on screen by the principal, re-checked, decided by two of the leading group, corrected."""
    cell = Cell.objects.select_related("membership__unit", "sub_item").get(
        membership=trial.member, sub_item=trial.sub_item
    )
    unit = cell.membership.unit
    by = _principal(everybody, unit)
    proof = keep_file([pdf([f"{unit.name}关于{cell.sub_item.name}得分的说明", NOTICE])], "情况说明.pdf", by)
    made = appeals.save_draft(
        by=by,
        cycle=cycle,
        draft=AppealDraft(
            words=f"我单位“{cell.sub_item.name}”扣分与台账不符，请予复核。",
            points=[PointDraft(PointKind.SCORE, cell_id=cell.pk, words="台账中无此项扣分")],
            files=[proof],
        ),
    )
    made = appeals.file_appeal(by=by, cycle=cycle, appeal_id=made.pk)
    _recheck(
        cycle,
        everybody,
        made,
        everybody.hats["office1"],
        "核对台账和原始记录，确有一处扣分重复计算。",
        "correct",
    )
    points = from_units(trial.points, cycle.places)
    ruling = Ruling(Decided.UPHELD, "扣分重复计算，予以更正", trial.kind, Decimal(points))
    _sign(cycle, made.points.get(), ruling, everybody.hats["leader1"], everybody.hats["leader2"])


def _recheck(cycle: Cycle, everybody: People, appeal: Appeal, namer: Hat, text: str, advice: str) -> None:
    """By the first reviewer who has no part in it."""
    for account in sorted(name for name in everybody.hats if name.startswith("reviewer")):
        reviewer = everybody.hats[account]
        try:
            appeals.name_reviewer(by=namer, cycle=cycle, appeal_id=appeal.pk, reviewer=reviewer.user)
        except Refused:
            continue
        appeals.record_recheck(by=reviewer, cycle=cycle, appeal_id=appeal.pk, text=text, advice=advice)
        return


def _sign(cycle: Cycle, point: AppealPoint, ruling: Ruling, first: Hat, second: Hat) -> None:
    appeal_rulings.sign_first(by=first, cycle=cycle, point_id=point.pk, ruling=ruling)
    appeal_rulings.sign_second(by=second, cycle=cycle, point_id=point.pk)


def _kept_on_paper(cycle: Cycle, everybody: People, swapped: Trial | None) -> None:
    """Came on signed paper, was compared by a second person, and the score stays."""
    office, second = everybody.hats["office1"], everybody.hats["office2"]
    standing = queries.standing_of(Block.objects.select_related("cycle").get(cycle=cycle, name=BLOCK))
    last = next(row for row in reversed(standing.rows) if swapped is None or row.unit_key != swapped.member)
    cell = (
        Cell.objects.filter(membership=last.unit_key, involvement="")
        .select_related("membership__unit", "sub_item")
        .order_by("sub_item__item__order", "sub_item__order")
        .first()
    )
    if cell is None:
        return
    unit = cell.membership.unit
    made = appeal_register.register(
        by=office,
        cycle=cycle,
        entry=Registration(
            channel=Channel.PAPER,
            unit=unit,
            about=unit,
            sender=f"{unit.name} {unit.principal}",
            received_on=timezone.localdate(),
            words=f"对“{cell.sub_item.name}”得分有疑问，申请复核。",
            points=[PointDraft(PointKind.SCORE, cell_id=cell.pk)],
            scan=keep_file([pdf([f"{unit.name}复核申请书", NOTICE])], "复核申请书.pdf", office),
        ),
    )
    appeal_register.compare(by=second, cycle=cycle, appeal_id=made.pk)
    _recheck(cycle, everybody, made, office, "核对台账和现场记录，扣分有据。", "keep")
    _sign(cycle, made.points.get(), Ruling(Decided.KEPT, "扣分有据，维持原得分"), office, second)


def _called(cycle: Cycle, everybody: People) -> None:
    """A call from elsewhere gets a number and an answer."""
    office = everybody.hats["office1"]
    about = Unit.objects.filter(memberships__block__cycle=cycle).order_by("order").first()
    assert about is not None
    made = appeal_register.register(
        by=office,
        cycle=cycle,
        entry=Registration(
            channel=Channel.CALL,
            about=about,
            sender="群众 某",
            received_on=timezone.localdate(),
            words=f"来电询问{about.name}的考评办法。",
        ),
    )
    appeal_register.answer(
        by=office, cycle=cycle, appeal_id=made.pk, reply="已说明考评办法和查询途径，来电人表示清楚。"
    )
