"""What must always be true of rules, cells, scores and standings, one named function each.

Walked by the command check_cycle; the second calculation itself is in scoring.second_calculation.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from office import audit
from office.fields import format_points
from office.invariants import Breach, Table
from office.models import AuditEntry
from office.refusal import Refused
from scoring import rule_versions, score_lines, second_calculation
from scoring.actions import imports
from scoring.models import (
    AssessmentLine,
    BatchState,
    Cell,
    Deduction,
    ImportBatch,
    ImportPlan,
    Indicator,
    Involvement,
    Look,
    MajorItem,
    Receipt,
    RuleSource,
    Score,
    ScoreKind,
    Standing,
    SubItem,
)
from scoring.models.score import MissingHow
from units.matrix import Role
from units.models import Block, BlockKind, Conflict, Cycle, Membership, RoleAssignment, SignedLack
from units.names import normalise
from units.stages import Stage

TABLE = Table()
CLEARED = "score.cleared"


def _scores(cycle_code: str) -> Iterator[Score]:
    scores = Score.objects.filter(cell__block__cycle__code=cycle_code).select_related(
        "cell__block__cycle", "cell__membership__unit", "cell__sub_item"
    )
    yield from scores.order_by("pk").iterator(chunk_size=2000)


def _blocks(cycle_code: str) -> list[Block]:
    return list(Block.objects.filter(cycle__code=cycle_code).select_related("cycle").order_by("order", "pk"))


def _is_past_set_up(cycle_code: str, lack: str) -> bool:
    """True once set-up is over and the office has not signed this lack away."""
    cycle = Cycle.objects.filter(code=cycle_code).exclude(stage=Stage.SET_UP).first()
    return cycle is not None and not SignedLack.objects.filter(cycle=cycle, code=lack).exists()


# Standings


@TABLE.invariant("standing-stored", _("Every block with members has a stored standing."))
def blocks_without_standing(cycle_code: str) -> Iterator[Breach]:
    with_members = Membership.objects.filter(block__cycle__code=cycle_code).values("block")
    stored = Standing.objects.values("block")
    for block in Block.objects.filter(pk__in=with_members).exclude(pk__in=stored):
        yield Breach(f"units.Block {block.pk}", block.name)


@TABLE.invariant("standing-second", _("The stored standing equals an independent second calculation."))
def standings_that_differ(cycle_code: str) -> Iterator[Breach]:
    stored = dict(Standing.objects.filter(block__cycle__code=cycle_code).values_list("block_id", "pk"))
    for block in _blocks(cycle_code):
        if block.pk in stored and (found := second_calculation.first_difference(block)):
            yield Breach(f"scoring.Standing {stored[block.pk]}", str(found))


@TABLE.invariant(
    "standing-version", _("A stored standing has been computed at least once, and not in the future.")
)
def uncounted_standings(cycle_code: str) -> Iterator[Breach]:
    wrong = Q(version__lt=1) | Q(computed_at__gt=timezone.now())
    for standing in Standing.objects.filter(wrong, block__cycle__code=cycle_code).select_related("block"):
        yield Breach(f"scoring.Standing {standing.pk}", str(standing))


@TABLE.invariant("standing-places", _("Places start at 1, ties share one and the next is skipped."))
def odd_places(cycle_code: str) -> Iterator[Breach]:
    for standing in Standing.objects.filter(block__cycle__code=cycle_code).select_related("block"):
        ranks = sorted(json.loads(standing.figures).get("rank", []))
        if any(rank != ranks.index(rank) + 1 for rank in ranks):
            yield Breach(f"scoring.Standing {standing.pk}", f"{standing.block}: {ranks}")


# Cells


@TABLE.invariant("cells-complete", _("Every member has one cell for every sub-item of its block."))
def absent_cells(cycle_code: str) -> Iterator[Breach]:
    for block in _blocks(cycle_code):
        members = dict(block.memberships.values_list("pk", "unit__name"))
        subs = dict(SubItem.objects.filter(item__block=block).values_list("pk", "name"))
        have = set(Cell.objects.filter(block=block).values_list("membership_id", "sub_item_id"))
        for member, unit in members.items():
            for sub, name in subs.items():
                if (member, sub) not in have:
                    yield Breach(f"units.Membership {member}", f"{block} · {unit} · {name}")


@TABLE.invariant("cell-block", _("A cell, its member and its sub-item are of one block."))
def cells_between_blocks(cycle_code: str) -> Iterator[Breach]:
    same = Q(membership__block=F("block")) & Q(sub_item__item__block=F("block"))
    for cell in (
        Cell.objects.filter(block__cycle__code=cycle_code)
        .exclude(same)
        .select_related("membership__unit", "sub_item")
    ):
        yield Breach(f"scoring.Cell {cell.pk}", str(cell))


@TABLE.invariant("not-involved-signed", _("“Not involved” has a reason and two different persons."))
def unsigned_not_involved(cycle_code: str) -> Iterator[Breach]:
    cells = Cell.objects.filter(block__cycle__code=cycle_code).select_related("membership__unit", "sub_item")
    for cell in cells.exclude(involvement=Involvement.NONE):
        reason, first, second = (
            cell.involvement_reason.strip(),
            cell.proposed_by_id,
            cell.involvement_decided_by_id,
        )
        decided = cell.involvement in {Involvement.CONFIRMED, Involvement.REJECTED}
        two_persons = second is not None and second != first
        if not reason or first is None or (decided and not two_persons) or (not decided and second):
            yield Breach(f"scoring.Cell {cell.pk}", f"{cell}: {cell.involvement}")


@TABLE.invariant("involved-clean", _("A cell that is involved carries no leftover of a proposal."))
def leftovers(cycle_code: str) -> Iterator[Breach]:
    left = ~Q(involvement_reason="") | Q(proposed_by__isnull=False) | Q(involvement_decided_by__isnull=False)
    cells = Cell.objects.filter(left, block__cycle__code=cycle_code, involvement=Involvement.NONE)
    for cell in cells.select_related("membership__unit", "sub_item"):
        yield Breach(f"scoring.Cell {cell.pk}", str(cell))


@TABLE.invariant("cell-lists", _("States of a cell and kinds of a score are those of the rulebook."))
def unknown_states(cycle_code: str) -> Iterator[Breach]:
    known = Q(involvement__in=Involvement.values, missing_how__in=MissingHow.values)
    for cell in Cell.objects.filter(block__cycle__code=cycle_code).exclude(known):
        yield Breach(f"scoring.Cell {cell.pk}", f"{cell.involvement} {cell.missing_how}")
    for score in Score.objects.filter(cell__block__cycle__code=cycle_code).exclude(kind__in=ScoreKind.values):
        yield Breach(f"scoring.Score {score.pk}", score.kind)


# Scores


def _amended_subs(cycle_code: str) -> set[int]:
    cycle = Cycle.objects.filter(code=cycle_code).values_list("pk", flat=True).first()
    return set() if cycle is None else rule_versions.amended_subs(cycle)


@TABLE.invariant("score-range", _("Every score lies between the floor and the base of its sub-item."))
def scores_out_of_range(cycle_code: str) -> Iterator[Breach]:
    amended = _amended_subs(cycle_code)
    for score in _scores(cycle_code):
        sub = score.cell.sub_item
        if score.kind == ScoreKind.SELF and sub.pk in amended:
            continue
        if not sub.floor <= score.points <= sub.base_points:
            yield Breach(f"scoring.Score {score.pk}", f"{score}: {format_points(score.points)}")


@TABLE.invariant("score-places", _("No score has more decimals than the cycle keeps."))
def scores_with_more_decimals(cycle_code: str) -> Iterator[Breach]:
    for score in _scores(cycle_code):
        scaled = score.points.scaleb(score.cell.block.cycle.places)
        if scaled != scaled.to_integral_value():
            yield Breach(f"scoring.Score {score.pk}", f"{score}: {format_points(score.points)}")


@TABLE.invariant("score-time", _("No score was entered in the future."))
def scores_of_tomorrow(cycle_code: str) -> Iterator[Breach]:
    late = Score.objects.filter(cell__block__cycle__code=cycle_code, entered_at__gt=timezone.now())
    for score in late.select_related("cell__membership__unit", "cell__sub_item"):
        yield Breach(f"scoring.Score {score.pk}", f"{score}: {audit.instant(score.entered_at)}")


def _ties(cycle_code: str) -> set[tuple[int, int]]:
    """(person, unit) of everybody who belongs to a unit or has declared a tie to it."""
    roles = RoleAssignment.objects.filter(
        Q(cycle__code=cycle_code) | Q(cycle__isnull=True),
        role__in=[Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD],
        unit__isnull=False,
    ).values_list("user_id", "unit_id")
    declared = Conflict.objects.filter(cycle__code=cycle_code, lifted_at__isnull=True).values_list(
        "user_id", "unit_id"
    )
    return {(user, unit) for user, unit in (*roles, *declared) if unit is not None}


@TABLE.invariant("lead-not-itself", _("No lead score was entered by a person of the unit it is about."))
def leads_that_scored_themselves(cycle_code: str) -> Iterator[Breach]:
    ties = _ties(cycle_code)
    for score in _scores(cycle_code):
        if score.kind == ScoreKind.LEAD and (score.entered_by_id, score.cell.membership.unit_id) in ties:
            yield Breach(f"scoring.Score {score.pk}", str(score))


@TABLE.invariant(
    "review-not-itself", _("No preliminary or on-site score was entered by a person of the unit.")
)
def reviewers_that_scored_themselves(cycle_code: str) -> Iterator[Breach]:
    ties = _ties(cycle_code)
    for score in _scores(cycle_code):
        reviewed = score.kind in {ScoreKind.PRELIMINARY, ScoreKind.ONSITE}
        if reviewed and (score.entered_by_id, score.cell.membership.unit_id) in ties:
            yield Breach(f"scoring.Score {score.pk}", str(score))


@TABLE.invariant(
    "on-behalf-compared", _("A score entered on behalf is the office's, and compared by another person.")
)
def uncompared_scores(cycle_code: str) -> Iterator[Breach]:
    scores = Score.objects.filter(cell__block__cycle__code=cycle_code).select_related(
        "cell__membership__unit", "cell__sub_item"
    )
    bad = Q(on_behalf_of__isnull=False, by_office=False) | Q(compared_by=F("entered_by"))
    for score in scores.filter(bad):
        yield Breach(f"scoring.Score {score.pk}", str(score))


@TABLE.invariant("deductions-explain", _("A score with deduction lines is base less those lines."))
def unexplained_scores(cycle_code: str) -> Iterator[Breach]:
    scores = (
        Score.objects.filter(cell__block__cycle__code=cycle_code, deductions__isnull=False)
        .distinct()
        .select_related("cell__membership__unit", "cell__sub_item")
        .prefetch_related(
            Prefetch("deductions", Deduction.objects.order_by("pk")), "cell__sub_item__indicators"
        )
    )
    amended = _amended_subs(cycle_code)
    for score in scores.order_by("pk"):
        if score.kind == ScoreKind.SELF and score.cell.sub_item_id in amended:
            continue
        explained = _explained(score)
        if explained != score.points:
            told = f"{format_points(score.points)} ≠ {format_points(explained)}"
            yield Breach(f"scoring.Score {score.pk}", f"{score}: {told}")


def _explained(score: Score) -> Decimal:
    sub = score.cell.sub_item
    indicators = list(sub.indicators.all())
    off: dict[int | None, Decimal] = defaultdict(Decimal)
    for line in score.deductions.all():
        off[line.indicator_id if indicators else None] += line.points
    parts = {i.pk: i.base_points for i in indicators} if indicators else {None: sub.base_points}
    return sum((max(sub.floor, base - off[key]) for key, base in parts.items()), Decimal(0))


@TABLE.invariant(
    "deduction-lines",
    _("A deduction takes 0 or more off, has a reason, and names an indicator of its sub-item."),
)
def odd_deductions(cycle_code: str) -> Iterator[Breach]:
    lines = Deduction.objects.filter(score__cell__block__cycle__code=cycle_code).select_related(
        "indicator", "score__cell__sub_item", "score__cell__block__cycle"
    )
    for line in lines.order_by("pk"):
        scaled = line.points.scaleb(line.score.cell.block.cycle.places)
        foreign = line.indicator and line.indicator.sub_item_id != line.score.cell.sub_item_id
        too_fine = scaled != scaled.to_integral_value()
        if line.points < 0 or too_fine or (line.points > 0 and not line.reason.strip()) or foreign:
            yield Breach(f"scoring.Deduction {line.pk}", f"{format_points(line.points)} {line.reason[:60]}")


# Rules


@TABLE.invariant("weights-sum", _("The weights of a comprehensive block sum to the cycle's total weight."))
def weights_that_do_not_sum(cycle_code: str) -> Iterator[Breach]:
    if not _is_past_set_up(cycle_code, "weights-do-not-sum"):
        return
    for block in _blocks(cycle_code):
        weights = [item.weight_points for item in block.items.all()]
        total = sum(weights, Decimal(0))
        if block.kind == BlockKind.COMPREHENSIVE and weights and total != block.cycle.total_weight:
            yield Breach(f"units.Block {block.pk}", f"{block}: {format_points(total)}")


@TABLE.invariant("bases-sum", _("The bases of an item's sub-items sum to the item's base."))
def bases_that_do_not_sum(cycle_code: str) -> Iterator[Breach]:
    if not _is_past_set_up(cycle_code, "bases-do-not-sum"):
        return
    items = MajorItem.objects.filter(block__cycle__code=cycle_code).prefetch_related("sub_items")
    for item in items.select_related("block").order_by("pk"):
        total = sum((sub.base_points for sub in item.sub_items.all()), Decimal(0))
        if total != item.base_points:
            told = f"{format_points(total)} ≠ {format_points(item.base_points)}"
            yield Breach(f"scoring.MajorItem {item.pk}", f"{item.block} · {item}: {told}")


@TABLE.invariant("indicators-fit", _("The bases of a sub-item's indicators are together at most its base."))
def indicators_above_base(cycle_code: str) -> Iterator[Breach]:
    subs = SubItem.objects.filter(item__block__cycle__code=cycle_code).prefetch_related("indicators")
    for sub in subs.order_by("pk"):
        total = sum((indicator.base_points for indicator in sub.indicators.all()), Decimal(0))
        if total > sub.base_points:
            yield Breach(f"scoring.SubItem {sub.pk}", f"{sub}: {format_points(total)}")


@TABLE.invariant(
    "rule-figures", _("Weights are not negative, bases positive, floors below the base and worded.")
)
def odd_rules(cycle_code: str) -> Iterator[Breach]:
    for item in MajorItem.objects.filter(block__cycle__code=cycle_code).order_by("pk"):
        if item.weight_points < 0 or item.base_points <= 0:
            yield Breach(f"scoring.MajorItem {item.pk}", str(item))
    for sub in SubItem.objects.filter(item__block__cycle__code=cycle_code).order_by("pk"):
        unworded = sub.floor_points is not None and not sub.floor_text.strip()
        if sub.base_points <= 0 or sub.floor >= sub.base_points or unworded:
            yield Breach(f"scoring.SubItem {sub.pk}", str(sub))


@TABLE.invariant(
    "rule-lists", _("How a sub-item is looked at and where it comes from are those of the plan.")
)
def unknown_rules(cycle_code: str) -> Iterator[Breach]:
    known = Q(look__in=Look.values, source__in=RuleSource.values)
    for sub in SubItem.objects.filter(item__block__cycle__code=cycle_code).exclude(known):
        yield Breach(f"scoring.SubItem {sub.pk}", f"{sub}: {sub.look} {sub.source}")


@TABLE.invariant("single-sub-item", _("An item with one sub-item gives it its own name and base."))
def unlike_single_sub_items(cycle_code: str) -> Iterator[Breach]:
    items = MajorItem.objects.filter(block__cycle__code=cycle_code).annotate(count=Count("sub_items"))
    for item in items.filter(count=1).prefetch_related("sub_items"):
        sub = item.sub_items.all()[0]
        if normalise(sub.name) != normalise(item.name) or sub.base_points != item.base_points:
            yield Breach(f"scoring.MajorItem {item.pk}", f"{item} ≠ {sub}")


@TABLE.invariant(
    "rule-names", _("No two items of a block and no two sub-items of an item share a name or an alias.")
)
def shared_rule_names(cycle_code: str) -> Iterator[Breach]:
    known: dict[tuple[int, str], int] = {}
    for item in MajorItem.objects.filter(block__cycle__code=cycle_code).order_by("pk"):
        if known.setdefault((item.block_id, normalise(item.name)), item.pk) != item.pk:
            yield Breach(f"scoring.MajorItem {item.pk}", item.name)
    known = {}
    for sub in SubItem.objects.filter(item__block__cycle__code=cycle_code).order_by("pk"):
        for name in {normalise(name) for name in (sub.name, *sub.aliases)}:
            if known.setdefault((sub.item_id, name), sub.pk) != sub.pk:
                yield Breach(f"scoring.SubItem {sub.pk}", f"{sub.name}: {name}")


@TABLE.invariant("leads-in-cycle", _("Leads and helpers are units of the cycle."))
def foreign_leads(cycle_code: str) -> Iterator[Breach]:
    subs = SubItem.objects.filter(item__block__cycle__code=cycle_code).select_related("lead")
    known = set(Cycle.objects.filter(code=cycle_code).values_list("units", flat=True))
    for sub in subs.filter(lead__isnull=False).order_by("pk"):
        if sub.lead_id not in known:
            yield Breach(f"scoring.SubItem {sub.pk}", f"{sub}: {sub.lead}")
    for sub in subs.prefetch_related("helpers"):
        for helper in (unit for unit in sub.helpers.all() if unit.pk not in known):
            yield Breach(f"scoring.SubItem {sub.pk}", f"{sub}: {helper}")
    for indicator in Indicator.objects.filter(sub_item__item__block__cycle__code=cycle_code).exclude(
        Q(lead__isnull=True) | Q(lead__in=known)
    ):
        yield Breach(f"scoring.Indicator {indicator.pk}", f"{indicator}: {indicator.lead}")


# The log and the imports


def _lines_of(entry: AuditEntry, details: Mapping[str, Any]) -> Iterator[score_lines.Line]:
    """What a bulk write stored: the plan the import took in, or the lines kept beside the entry."""
    wanted = details.get("plan_sha256")
    if wanted is None:
        yield from score_lines.read(details)
        return
    plan = ImportPlan.objects.filter(batch_id=int(entry.object_id)).first()
    content = bytes(plan.content) if plan is not None else b""
    if sha256(content).hexdigest() != wanted:
        raise Refused("plan-altered", gettext("the lines of this import were altered or are gone"))
    for cell_id, points in imports.points_taken(content):
        yield cell_id, str(details.get("kind")), points


@TABLE.invariant(
    "score-log", _("Every stored score is what the log says was last entered, and the other way round.")
)
def scores_beside_the_log(cycle_code: str) -> Iterator[Breach]:
    told: dict[tuple[int, str], tuple[Decimal | None, int]] = {}
    entries = AuditEntry.objects.filter(cycle_code=cycle_code).filter(
        Q(object_type=Cell._meta.label, act__in=["score.recorded", "self.saved", CLEARED])
        | Q(details__contains=f'"{score_lines.DETAIL}"')
        | Q(object_type=ImportBatch._meta.label, act="scores.imported")
    )
    for entry in entries.order_by("number").iterator(chunk_size=2000):
        details = audit.details_of(entry)
        if entry.object_type == Cell._meta.label:
            after = details.get("after")
            key = (int(entry.object_id), str(details.get("kind")))
            told[key] = (None if after is None else Decimal(after), entry.number)
            continue
        try:
            for cell_id, kind, points in _lines_of(entry, details):
                told[cell_id, kind] = (points, entry.number)
        except Refused as refusal:
            yield Breach(f"office.AuditEntry {entry.number}", refusal.sentence)
    stored: set[tuple[int, str]] = set()
    for score in _scores(cycle_code):
        key = (score.cell_id, score.kind)
        stored.add(key)
        points, number = told.get(key, (None, 0))
        if points != score.points:
            logged = (
                gettext("the log does not have it")
                if points is None
                else gettext("entry %(number)d of the log says %(points)s")
                % {"number": number, "points": format_points(points)}
            )
            yield Breach(f"scoring.Score {score.pk}", f"{score}: {format_points(score.points)}, {logged}")
    there = set(Cell.objects.filter(block__cycle__code=cycle_code).values_list("pk", flat=True))
    for (cell_id, kind), (points, number) in told.items():
        if points is not None and cell_id in there and (cell_id, kind) not in stored:
            logged = gettext("entry %(number)d of the log says %(points)s") % {
                "number": number,
                "points": format_points(points),
            }
            yield Breach(f"scoring.Cell {cell_id}", f"{kind}: {logged}")


@TABLE.invariant(
    "version-log", _("The versions of a cell in the log grow, and the cell's own is none below them.")
)
def versions_that_fell(cycle_code: str) -> Iterator[Breach]:
    version_by_cell = dict(Cell.objects.filter(block__cycle__code=cycle_code).values_list("pk", "version"))
    last: dict[int, int] = {}
    entries = AuditEntry.objects.filter(cycle_code=cycle_code, object_type=Cell._meta.label)
    for entry in entries.order_by("number").iterator(chunk_size=2000):
        version = audit.details_of(entry).get("version")
        cell_id = int(entry.object_id)
        if not isinstance(version, int) or cell_id not in version_by_cell:
            continue
        if version <= last.get(cell_id, 0):
            yield Breach(f"office.AuditEntry {entry.number}", f"{version} ≤ {last[cell_id]}")
        last[cell_id] = version
    for cell_id, version in last.items():
        if version_by_cell[cell_id] < version:
            yield Breach(f"scoring.Cell {cell_id}", f"{version_by_cell[cell_id]} < {version}")


@TABLE.invariant("batch-bytes", _("An import keeps the digest of the file it came from."))
def batches_of_other_bytes(cycle_code: str) -> Iterator[Breach]:
    batches = ImportBatch.objects.filter(cycle__code=cycle_code).exclude(file_sha256=F("file__sha256"))
    for batch in batches.select_related("file"):
        yield Breach(f"scoring.ImportBatch {batch.pk}", str(batch))


@TABLE.invariant(
    "batch-taken",
    _("Scores point only to imports of their own cycle that were taken in, and those say when."),
)
def scores_of_untaken_batches(cycle_code: str) -> Iterator[Breach]:
    scores = Score.objects.filter(cell__block__cycle__code=cycle_code, batch__isnull=False)
    taken = Q(batch__state=BatchState.COMMITTED, batch__cycle=F("cell__block__cycle"))
    for score in scores.exclude(taken).select_related("cell__membership__unit", "cell__sub_item"):
        yield Breach(f"scoring.Score {score.pk}", f"{score}: {score.batch_id}")
    undated = ImportBatch.objects.filter(cycle__code=cycle_code, state=BatchState.COMMITTED)
    for batch in undated.filter(committed_at__isnull=True):
        yield Breach(f"scoring.ImportBatch {batch.pk}", str(batch.pk))


@TABLE.invariant("receipt-digest", _("A receipt's digest is that of what it seals."))
def altered_receipts(cycle_code: str) -> Iterator[Breach]:
    receipts = Receipt.objects.filter(assessment__cycle__code=cycle_code)
    for pk, number, content, digest in receipts.values_list("pk", "number", "content", "digest"):
        if sha256(content.encode()).hexdigest() != digest:
            yield Breach(f"scoring.Receipt {pk}", number)


@TABLE.invariant("receipt-scores", _("What a receipt in force seals still stands in the self scores."))
def forsaken_receipts(cycle_code: str) -> Iterator[Breach]:
    receipts = list(
        Receipt.objects.filter(assessment__cycle__code=cycle_code, withdrawn_at=None).select_related(
            "assessment"
        )
    )
    stored: dict[tuple[int, str, str, str], str] = {}
    if receipts:
        rows = Score.objects.filter(kind=ScoreKind.SELF, cell__block__cycle__code=cycle_code).values_list(
            "cell__membership__unit_id",
            "cell__block__name",
            "cell__sub_item__item__name",
            "cell__sub_item__name",
            "points",
        )
        stored = {(unit, block, item, sub): format_points(points) for unit, block, item, sub, points in rows}
    for receipt in receipts:
        for line in json.loads(receipt.content)["lines"]:
            key = (receipt.assessment.unit_id, line["block"], line["item"], line["sub_item"])
            if line["points"] is not None and stored.get(key) != line["points"]:
                yield Breach(f"scoring.Receipt {receipt.pk}", f"{receipt.number} {line['sub_item']}")


@TABLE.invariant("line-or-score", _("Who wishes to be left out of a sub-item has no own points there."))
def points_and_wish(cycle_code: str) -> Iterator[Breach]:
    wished = AssessmentLine.objects.filter(
        assessment__cycle__code=cycle_code,
        wishes_not_involved=True,
        cell__scores__kind=ScoreKind.SELF,
    )
    for line in wished.select_related("cell__membership__unit", "cell__sub_item"):
        yield Breach(f"scoring.AssessmentLine {line.pk}", str(line.cell))
