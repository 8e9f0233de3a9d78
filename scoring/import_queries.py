"""What a score sheet is read against, asked in a known number of queries whatever the sheet's length.

What the lines mean is judged in scoring.workbooks.scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from office.fields import STORED_PLACES
from office.refusal import Refused
from office.workbook.cells import normalise_name
from scoring.models import (
    BatchState,
    Cell,
    Deduction,
    ImportBatch,
    Indicator,
    MajorItem,
    Score,
    ScoreKind,
    SubItem,
)
from scoring.permissions import BulkMay, may_propose_many, may_score_many
from scoring.workbooks.frame import Frame, Nearest, Stored, SubRule
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Membership, Team, Unit, UnitName
from units.names import NameBook

KINDS: Final = ("scores", "ledger", "returns")  # of workbooks that come to the collecting table


def units_of_cycle(cycle: Cycle) -> dict[int, str]:
    """Id → name of every unit that has a part in the cycle, in the plan's order."""
    return dict(
        Unit.objects.filter(Q(cycles=cycle) | Q(memberships__block__cycle=cycle))
        .distinct()
        .order_by("order", "id")
        .values_list("pk", "name")
    )


def frame_of(
    cycle: Cycle, kind: ScoreKind, hat: Hat, *, second: Hat | None = None, may: BulkMay | None = None
) -> Frame:
    """The cycle as names and rules, with who-may for this hat; some fifteen queries.

    `second` is the other person of the office who confirms 不涉及, None when it stays a proposal.
    """
    units = units_of_cycle(cycle)
    others = UnitName.objects.filter(unit__in=units).values_list("name", "unit_id")
    blocks = list(Block.objects.filter(cycle=cycle).order_by("order", "id"))
    members = {
        (block, unit): pk
        for pk, block, unit in Membership.objects.filter(block__cycle=cycle).values_list(
            "pk", "block_id", "unit_id"
        )
    }
    blocks_of: dict[int, tuple[int, ...]] = {}
    for block, unit in members:
        blocks_of[unit] = (*blocks_of.get(unit, ()), block)
    items = list(MajorItem.objects.filter(block__cycle=cycle).order_by("block__order", "order", "id"))
    subs = list(SubItem.objects.filter(item__block__cycle=cycle).order_by("order", "id"))
    with_indicators = set(
        Indicator.objects.filter(sub_item__item__block__cycle=cycle).values_list("sub_item_id", flat=True)
    )
    block_of = {item.pk: item.block_id for item in items}
    items_in: dict[int, list[tuple[str, int]]] = {block.pk: [] for block in blocks}
    for item in items:
        items_in[item.block_id].append((item.name, item.pk))
    subs_in: dict[int, list[tuple[str, int]]] = {item.pk: [] for item in items}
    for sub in subs:
        subs_in[sub.item_id] += [(sub.name, sub.pk), *((str(alias), sub.pk) for alias in sub.aliases)]
    names = [(name, pk) for pk, name in units.items()]
    may_score = may or may_score_many(hat, kind, cycle)
    may_propose = may_propose_many(hat, cycle)
    may_confirm = may_propose_many(second, cycle) if second is not None else None
    return Frame(
        code=cycle.code,
        year=cycle.year,
        places=cycle.places,
        kind=str(kind),
        units=NameBook([*names, *others]),
        unit_names=units,
        blocks=NameBook([(block.name, block.pk) for block in blocks]),
        block_names={block.pk: block.name for block in blocks},
        members=members,
        blocks_of=blocks_of,
        items={block: NameBook(names_in) for block, names_in in items_in.items()},
        item_names={item.pk: item.name for item in items},
        subs={item: NameBook(names_in) for item, names_in in subs_in.items()},
        rules={
            sub.pk: SubRule(
                key=sub.pk,
                name=sub.name,
                item=sub.item_id,
                block=block_of[sub.item_id],
                base=int(sub.base_points.scaleb(STORED_PLACES)),
                floor=int(sub.floor.scaleb(STORED_PLACES)),
                has_indicators=sub.pk in with_indicators,
            )
            for sub in subs
        },
        bodies=frozenset(
            normalise_name(name)
            for name in (
                cycle.host.name,
                "考评办",
                *Team.objects.filter(cycle=cycle).values_list("name", flat=True),
            )
        ),
        may_score=may_score.refusal,
        may_propose=may_propose.refusal,
        leads_of=_leads_of(cycle, subs) if kind is ScoreKind.LEAD else {},
        scoring_unit=hat.unit_id if hat.role is Role.LEAD else None,
        by_office=hat.role is Role.OFFICE,
        load=lambda wanted: stored_cells(kind, wanted),
        second=second.user.pk if second is not None else None,
        may_confirm=may_confirm.refusal if may_confirm is not None else _nobody_refuses,
        nearest=Nearest([name for name, _pk in (*names, *others)]),
    )


def _nobody_refuses(unit_id: int, sub_item_id: int, block_id: int) -> Refused | None:
    return None


def _leads_of(cycle: Cycle, subs: Iterable[SubItem]) -> Mapping[int, frozenset[int]]:
    """Sub-item → the units that lead it, an indicator of it, or help with it."""
    found: dict[int, set[int]] = {}
    for sub in subs:
        if sub.lead_id is not None:
            found.setdefault(sub.pk, set()).add(sub.lead_id)
    helpers = SubItem.helpers.through.objects.filter(subitem__item__block__cycle=cycle)
    for sub_id, unit in helpers.values_list("subitem_id", "unit_id"):
        found.setdefault(sub_id, set()).add(unit)
    indicators = Indicator.objects.filter(sub_item__item__block__cycle=cycle, lead__isnull=False)
    for sub_id, unit in indicators.values_list("sub_item_id", "lead_id"):
        found.setdefault(sub_id, set()).add(unit)
    return {sub_id: frozenset(units) for sub_id, units in found.items()}


def _q(model: Any) -> str:
    return str(connection.ops.quote_name(model._meta.db_table))


def stored_cells(kind: ScoreKind, block_ids: Iterable[int]) -> dict[tuple[int, int], Stored]:
    """(membership, sub-item) → the cell with its score of that kind; two queries, read raw for speed."""
    ids = sorted(set(block_ids))
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.membership_id, c.sub_item_id, c.id, c.version, c.involvement, s.points, s.reason,
                       c.proposed_by_id
                  FROM {_q(Cell)} c
                  LEFT JOIN {_q(Score)} s ON s.cell_id = c.id AND s.kind = %s
                 WHERE c.block_id IN ({marks})""",  # noqa: S608 -- names of our own tables; values are parameters
            [str(kind), *ids],
        )
        lines: dict[int, list[tuple[int, str]]] = {}
        rows = cursor.fetchall()
    for cell, points, reason in Deduction.objects.filter(
        score__kind=kind, score__cell__block_id__in=ids
    ).values_list("score__cell_id", "points", "reason"):
        lines.setdefault(cell, []).append((int(points.scaleb(STORED_PLACES)), reason))
    return {
        (member, sub): Stored(
            cell, version, involvement, points, reason or "", tuple(lines.get(cell, ())), proposed_by
        )
        for member, sub, cell, version, involvement, points, reason, proposed_by in rows
    }


def blocks_without_cells(cycle: Cycle) -> list[Block]:
    """The blocks in which some member has no cell for some sub-item yet; four queries."""

    def per_block(rows: Any, name: str) -> dict[int, int]:
        return {row[name]: row["n"] for row in rows.values(name).order_by().annotate(n=Count("pk"))}

    members = per_block(Membership.objects.filter(block__cycle=cycle), "block")
    subs = per_block(SubItem.objects.filter(item__block__cycle=cycle), "item__block")
    cells = per_block(Cell.objects.filter(block__cycle=cycle), "block")
    return [
        block
        for block in Block.objects.filter(cycle=cycle).select_related("cycle")
        if cells.get(block.pk, 0) < members.get(block.pk, 0) * subs.get(block.pk, 0)
    ]


def batches_of(hat: Hat, cycle: Cycle) -> QuerySet[ImportBatch]:
    """The workbooks this person may see: the office and the auditor all, others their own."""
    batches = ImportBatch.objects.filter(cycle=cycle, kind__in=KINDS).select_related("file", "by", "job")
    if hat.role in {Role.OFFICE, Role.AUDITOR}:
        return batches
    return batches.filter(by=hat.user)


def bodies_without_lead_sheet(cycle: Cycle) -> list[tuple[Unit, list[str]]]:
    """Lead bodies of whom no score sheet was taken in yet, each with its sub-items; two queries."""
    taken = Score.objects.filter(
        cell__sub_item=OuterRef("pk"), kind=ScoreKind.LEAD, batch__state=BatchState.COMMITTED
    )
    subs = (
        SubItem.objects.filter(item__block__cycle=cycle, lead__isnull=False)
        .annotate(is_taken=Exists(taken))
        .select_related("lead")
        .order_by("lead__order", "lead_id", "item__block__order", "order")
    )
    by_body: dict[int, tuple[Unit, list[str], list[bool]]] = {}
    for sub in subs:
        assert sub.lead is not None
        _body, names, sent = by_body.setdefault(sub.lead.pk, (sub.lead, [], []))
        if sub.name not in names:
            names.append(sub.name)
        sent.append(bool(sub.is_taken))
    return [(body, names) for body, names, sent in by_body.values() if not any(sent)]
