"""What is measured but not ready: rules that do not sum, cells nobody scored, proposals nobody decided.

Which of it a stage demands is laid down in appraisal_site.procedure; nothing here writes.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.models import (
    BatchState,
    Cell,
    ImportBatch,
    Involvement,
    Look,
    MajorItem,
    RuleSource,
    Score,
    ScoreKind,
    Standing,
    SubItem,
)
from scoring.rule_checks import BlockFacts, ItemFacts, RuleLack, SubItemFacts, check
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import Block, Cycle, Membership, Reading

RULE_CODES = {  # as the signed lacks of earlier years bear them
    RuleLack.WEIGHTS: "weights-do-not-sum",
    RuleLack.BASES: "bases-do-not-sum",
    RuleLack.INDICATORS: "indicators-do-not-sum",
    RuleLack.SINGLE: "single-sub-item",
    RuleLack.NO_SUB_ITEM: "no-sub-items",
    RuleLack.NO_ITEM: "no-items",
    RuleLack.NO_LEAD: "no-lead",
    RuleLack.STAND_IN: "stand-in-rules",
}
AT_MOST_NAMED = 6  # names in one sentence; the rest is counted


@dataclass(frozen=True, slots=True)
class Missing:
    """The cells of one block without a counted score, as the stored standing has them."""

    block: Block
    units: tuple[str, ...]  # units with at least one missing cell, in the plan's order
    by_sub_item: Mapping[str, int]
    count: int
    held: bool  # the first of an item has 0 and nobody decided what then (R2)
    nobody_involved: tuple[str, ...]  # sub-items that involve nobody
    differing: tuple[str, ...]  # units whose place hangs on the rounding (R1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one membership is with one kind of score: `done` of `asked` cells."""

    done: int
    asked: int

    @property
    def light(self) -> str:
        if not self.asked:
            return "off"
        return "green" if self.done >= self.asked else "amber" if self.done else "red"


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One row of the completeness table."""

    membership: Membership
    by_kind: Mapping[ScoreKind, Progress] = field(default_factory=dict)


def naming(names: Iterable[str]) -> tuple[str, ...]:
    """The first names, and how many more there are."""
    every = list(names)
    if len(every) <= AT_MOST_NAMED:
        return tuple(every)
    return (
        *every[:AT_MOST_NAMED],
        _("%(count)d more") % {"count": len(every) - AT_MOST_NAMED},
    )


def missing_by_block(cycle: Cycle) -> list[Missing]:
    """Every block of the year with what it misses, from the stored standings.  Four queries."""
    blocks = list(Block.objects.filter(cycle=cycle))
    stored = {s.block_id: s for s in Standing.objects.filter(block__in=blocks)}
    units = dict(Membership.objects.filter(block__in=blocks).values_list("pk", "unit__name"))
    subs = dict(SubItem.objects.filter(item__block__in=blocks).values_list("pk", "name"))
    return [_missing(block, stored.get(block.pk), units, subs) for block in blocks]


def _missing(
    block: Block, stored: Standing | None, units: Mapping[int, str], subs: Mapping[int, str]
) -> Missing:
    figures = json.loads(stored.figures) if stored else {}
    members: list[int] = figures.get("members", [])
    sub_items: list[int] = figures.get("sub_items", [])
    lacking = [
        (m, s)
        for m, counted, row in zip(members, figures.get("missing", []), figures.get("score", []), strict=True)
        if counted
        for s, score in zip(sub_items, row, strict=True)
        if score is None
    ]
    order = {pk: n for n, pk in enumerate(units)}
    short = sorted({m for m, _s in lacking if m in units}, key=lambda m: order[m])
    return Missing(
        block=block,
        units=tuple(units[m] for m in short),
        by_sub_item=Counter(subs[s] for _m, s in lacking if s in subs),
        count=sum(figures.get("missing", [])),
        held=bool(figures.get("held")),
        nobody_involved=tuple(
            subs[s]
            for s, nobody in zip(sub_items, figures.get("nobody_involved", []), strict=True)
            if nobody and s in subs
        ),
        differing=tuple(
            units[m] for m, d in zip(members, figures.get("differs", []), strict=True) if d and m in units
        ),
    )


def block_facts(cycle: Cycle) -> list[BlockFacts]:
    """The year's rules as values, in the plan's order.  Four queries."""
    subs = (
        SubItem.objects.filter(item__block__cycle=cycle)
        .order_by("item__order", "order", "id")
        .prefetch_related("indicators")
    )
    by_item: dict[int, list[SubItemFacts]] = defaultdict(list)
    for sub in subs:
        by_item[sub.item_id].append(
            SubItemFacts(
                sub.name,
                sub.base_points,
                has_lead=sub.lead_id is not None,
                is_stand_in=sub.source == RuleSource.STAND_IN,
                indicator_bases=tuple(one.base_points for one in sub.indicators.all()),
            )
        )
    by_block: dict[int, list[ItemFacts]] = defaultdict(list)
    for item in MajorItem.objects.filter(block__cycle=cycle).order_by("order", "id"):
        facts = ItemFacts(item.name, item.weight_points, item.base_points, tuple(by_item[item.pk]))
        by_block[item.block_id].append(facts)
    return [BlockFacts(b.name, b.is_track, tuple(by_block[b.pk])) for b in cycle.blocks.all()]


def rule_lacks(cycle: Cycle) -> list[Lack]:
    """Blocks without units, and what scoring.rule_checks finds; what many sub-items lack in one line."""
    found = [
        Lack("empty-block", _("%(block)s has no units yet.") % {"block": name}, route="plan", block=name)
        for name in cycle.blocks.filter(memberships=None).values_list("name", flat=True)
    ]
    many: dict[RuleLack, list[str]] = defaultdict(list)
    for finding in check(block_facts(cycle), cycle.total_weight):
        if finding.code in (RuleLack.NO_LEAD, RuleLack.STAND_IN):
            many[finding.code].append(f"{finding.block} · {finding.sub_item}")
        else:
            found.append(
                Lack(
                    RULE_CODES[finding.code],
                    finding.sentence,
                    route="plan",
                    block=finding.block,
                    signable=finding.may_be_signed,
                )
            )
    if without_lead := many[RuleLack.NO_LEAD]:
        sentence = ngettext(
            "%(count)d sub-item has no lead unit.",
            "%(count)d sub-items have no lead unit.",
            len(without_lead),
        )
        found.append(
            Lack(
                RULE_CODES[RuleLack.NO_LEAD],
                sentence % {"count": len(without_lead)},
                naming(without_lead),
                route="plan",
            )
        )
    if stand_ins := len(many[RuleLack.STAND_IN]):
        sentence = ngettext(
            "%(count)d sub-item still rests on stand-in data; please confirm or correct it.",
            "%(count)d sub-items still rest on stand-in data; please confirm or correct them.",
            stand_ins,
        )
        found.append(Lack(RULE_CODES[RuleLack.STAND_IN], sentence % {"count": stand_ins}, route="plan"))
    return found


def missing_lacks(cycle: Cycle, *, signable: bool) -> list[Lack]:
    """Per block, how many cells have no counted score, and which units and sub-items lack them."""
    return [
        Lack(
            "missing-cells",
            ngettext(
                "%(block)s: %(count)d cell has no score, %(units)d unit.",
                "%(block)s: %(count)d cells have no score, %(units)d units.",
                missing.count,
            )
            % {"block": missing.block.name, "count": missing.count, "units": len(missing.units)},
            naming(missing.units),
            route="matrix",
            block=missing.block.name,
            signable=signable,
        )
        for missing in missing_by_block(cycle)
        if missing.count
    ]


def held_lacks(cycle: Cycle, *, signable: bool) -> list[Lack]:
    """Questions that hold approval: a first place of 0, a sub-item that involves nobody, a rounding that decides."""
    found = []
    decided = set(
        Reading.objects.filter(cycle=cycle, decided_by__isnull=False).values_list("code", flat=True)
    )
    for missing in missing_by_block(cycle):
        name = {"block": missing.block.name}
        if missing.held:
            found.append(
                Lack(
                    "held-R2",
                    _("%(block)s: the first of an item has 0; the leading group must decide R2.") % name,
                    route="board",
                    block=missing.block.name,
                    signable=signable,
                )
            )
        if missing.nobody_involved:
            found.append(
                Lack(
                    "nobody-involved",
                    _("%(block)s: these sub-items involve nobody; score or remove them:") % name,
                    naming(missing.nobody_involved),
                    route="matrix",
                    block=missing.block.name,
                    signable=signable,
                )
            )
        if missing.differing and "R1" not in decided:
            found.append(
                Lack(
                    "undecided-R1",
                    _("%(block)s: places hang on how points are rounded, and R1 is not decided:") % name,
                    naming(missing.differing),
                    route="board",
                    block=missing.block.name,
                    signable=signable,
                )
            )
    return found


def proposals(cycle: Cycle) -> QuerySet[Cell]:
    """“Not involved” proposed and not yet decided by a second person."""
    return Cell.objects.filter(block__cycle=cycle, involvement=Involvement.PROPOSED)


def previews(cycle: Cycle) -> QuerySet[ImportBatch]:
    """Workbooks that were read and wait for somebody to confirm or drop them."""
    return ImportBatch.objects.filter(cycle=cycle, state=BatchState.PREVIEW)


def open_lacks(cycle: Cycle, *, signable: bool = True, blocks: Sequence[int] | None = None) -> list[Lack]:
    """Proposals nobody decided, of these blocks or all, and previews nobody confirmed.  Two queries."""
    found = []
    open_cells = proposals(cycle)
    if blocks is not None:
        open_cells = open_cells.filter(block__in=blocks)
    cells = list(open_cells.select_related("membership__unit", "sub_item", "block"))
    if cells:
        found.append(
            Lack(
                "proposals-open",
                ngettext(
                    "%(count)d proposal of “not involved” awaits a second person.",
                    "%(count)d proposals of “not involved” await a second person.",
                    len(cells),
                )
                % {"count": len(cells)},
                naming(f"{cell.membership.unit.name} · {cell.sub_item.name}" for cell in cells),
                route="matrix",
                block=cells[0].block.name,
                signable=signable,
            )
        )
    names = list(previews(cycle).values_list("file__name", flat=True))
    if names:
        found.append(
            Lack(
                "previews-open",
                ngettext(
                    "%(count)d workbook was read but not confirmed.",
                    "%(count)d workbooks were read but not confirmed.",
                    len(names),
                )
                % {"count": len(names)},
                naming(names),
                route="imports",
            )
        )
    return found


def unscored_lacks(cycle: Cycle, kind: ScoreKind, blocks: Sequence[int] | None = None) -> list[Lack]:
    """Sub-items of these blocks, or of all, that still await this kind of score, by the unit that leads them."""
    cells = unscored(cycle, kind)
    if blocks is not None:
        cells = cells.filter(block__in=blocks)
    rows = (
        cells.values_list("sub_item__lead__name")
        .annotate(count=Count("pk"))
        .order_by("sub_item__lead__order")
    )
    by_lead = [(lead or _("no lead unit"), count) for lead, count in rows]
    if not by_lead:
        return []
    total = sum(count for _lead, count in by_lead)
    sentence = (
        ngettext("%(count)d lead score is missing.", "%(count)d lead scores are missing.", total)
        if kind is ScoreKind.LEAD
        else ngettext(
            "%(count)d cell has neither a lead nor a preliminary score.",
            "%(count)d cells have neither a lead nor a preliminary score.",
            total,
        )
        if kind is ScoreKind.PRELIMINARY
        else ngettext(
            "%(count)d cell that demands a visit has no on-site score.",
            "%(count)d cells that demand a visit have no on-site score.",
            total,
        )
    )
    return [
        Lack(
            f"no-{kind}",
            sentence % {"count": total},
            naming(f"{lead} {count}" for lead, count in by_lead),
            route="imports",
        )
    ]


def cells_asked(cycle: Cycle) -> QuerySet[Cell]:
    """The cells that must end with a score: neither confirmed not involved nor suspended."""
    return Cell.objects.filter(block__cycle=cycle, sub_item__suspended_reason="").exclude(
        involvement=Involvement.CONFIRMED
    )


def unscored(cycle: Cycle, kind: ScoreKind) -> QuerySet[Cell]:
    """Cells that still await this kind: lead where a body leads, on-site where a visit is demanded.

    For the preliminary score a lead score is enough, because it counts where the team scored nothing (R9).
    """
    kinds = [kind] if kind is not ScoreKind.PRELIMINARY else [ScoreKind.LEAD, ScoreKind.PRELIMINARY]
    cells = cells_asked(cycle)
    if kind is ScoreKind.LEAD:
        cells = cells.filter(sub_item__lead__isnull=False)
    elif kind is ScoreKind.ONSITE:
        cells = cells.filter(sub_item__look=Look.ONSITE)
    else:
        cells = cells.exclude(sub_item__look=Look.ONSITE)
    return cells.filter(~Exists(Score.objects.filter(cell=OuterRef("pk"), kind__in=kinds)))


def led_sub_items(cycle: Cycle, unit_id: int) -> QuerySet[SubItem]:
    """The sub-items a body leads, helps with, or leads an indicator of."""
    return (
        SubItem.objects.filter(item__block__cycle=cycle)
        .filter(Q(lead_id=unit_id) | Q(helpers=unit_id) | Q(indicators__lead_id=unit_id))
        .distinct()
    )


def progress_of(cycle: Cycle, unit_id: int | None = None) -> list[UnitProgress]:
    """Per membership and kind, how many cells are scored of those asked.  Three queries."""
    members = Membership.objects.filter(block__cycle=cycle).select_related("unit", "block")
    if unit_id is not None:
        members = members.filter(unit_id=unit_id)
    members = members.order_by("block__order", "block_id", "unit__order", "pk")
    asked = {
        member: counts
        for member, *counts in cells_asked(cycle)
        .values_list("membership_id")
        .annotate(
            every=Count("pk"),
            led=Count("pk", filter=Q(sub_item__lead__isnull=False)),
            visited=Count("pk", filter=Q(sub_item__look=Look.ONSITE)),
        )
        .order_by()
    }
    done = {
        (member, kind): counts
        for member, kind, *counts in Score.objects.filter(
            cell__block__cycle=cycle, cell__sub_item__suspended_reason=""
        )
        .exclude(cell__involvement=Involvement.CONFIRMED)
        .values_list("cell__membership_id", "kind")
        .annotate(
            every=Count("pk"),
            led=Count("pk", filter=Q(cell__sub_item__lead__isnull=False)),
            visited=Count("pk", filter=Q(cell__sub_item__look=Look.ONSITE)),
        )
        .order_by()
    }
    every, led, visited = range(3)
    asked_of = {
        ScoreKind.SELF: every,
        ScoreKind.LEAD: led,
        ScoreKind.PRELIMINARY: every,
        ScoreKind.ONSITE: visited,
    }
    nothing = [0, 0, 0]
    return [
        UnitProgress(
            member,
            {
                kind: Progress(
                    done.get((member.pk, str(kind)), nothing)[column], asked.get(member.pk, nothing)[column]
                )
                for kind, column in asked_of.items()
            },
        )
        for member in members
    ]


def has_self_scores(cycle: Cycle) -> bool:
    """True once any unit's self-assessment is stored."""
    return Score.objects.filter(cell__block__cycle=cycle, kind=ScoreKind.SELF).exists()


def first_block_of(hat: Hat, cycle: Cycle) -> Block | None:
    """The first block, in the plan's order, with a cell the hat may score or read before the results."""
    blocks = Block.objects.filter(cycle=cycle)
    if hat.role is Role.LEAD and hat.unit_id is not None:
        blocks = blocks.filter(items__sub_items__in=led_sub_items(cycle, hat.unit_id))
    elif hat.role is Role.REVIEWER:
        blocks = blocks.filter(memberships__unit__in=hat.team_unit_ids(cycle.pk))
    return blocks.order_by("order", "pk").first()
