"""What keeps a result from being handed over, and what the leading group should look at before it is heard.

Nothing here writes; the lists stand on the pages of hearing and approval.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from awards import queries
from awards.models import AwardScheme, Filing, Hearing, RuleChange
from awards.models.scheme import Kind
from awards.readings import readings_that_hold
from bonuses.models import Adjustment, AdjustmentState
from bonuses.readiness import paper_lacks
from office.fields import format_points
from scoring import readiness
from scoring.appraiser_queries import recheck_lacks
from scoring.models import Score, ScoreKind
from scoring.second_calculation import first_differences
from units.lacks import Lack
from units.models import Block, BlockKind, Cycle

NARROW = Decimal("0.05")  # points; a place decided by less than this is looked at twice
SAMPLE_SIZE = 12
SAME_FROM = 3  # units; fewer equal marks say nothing about the one who gave them


def second_calculation_lacks(blocks: Iterable[Block]) -> list[Lack]:
    """Blocks whose stored standing another way of computing does not confirm, each naming its first cell."""
    return [
        Lack(
            "second-calculation",
            _("The second calculation does not agree: %(difference)s.") % {"difference": difference},
            route="matrix",
            block=block.name,
            signable=False,
        )
        for block, difference in first_differences(blocks)
    ]


def open_change_lacks(cycle: Cycle) -> list[Lack]:
    """Amendments and decisions on missing cells that lack their second signature."""
    rows = RuleChange.objects.filter(cycle=cycle, state=RuleChange.State.OPEN).order_by("pk")
    return [
        Lack(
            "open-rule-change",
            _("%(what)s waits for its second signature; sign or withdraw it.")
            % {"what": row.get_kind_display()},
            tuple(row.said),
            route="amendments" if row.kind == RuleChange.Kind.AMENDMENT else "missing-cells",
            signable=False,
        )
        for row in rows
    ]


def approval_lacks(cycle: Cycle, blocks: Sequence[Block] | None = None) -> list[Lack]:
    """What must be put right before approval; none of it can be signed away (rulebook 8)."""
    found = [
        *readiness.missing_lacks(cycle, signable=False),
        *readiness.held_lacks(cycle, signable=False),
        *readiness.open_lacks(cycle, signable=False),
        *paper_lacks(cycle, signable=False),
        *open_change_lacks(cycle),
        *recheck_lacks(cycle),
    ]
    chosen = list(blocks if blocks is not None else cycle.blocks.all())
    names = {block.name for block in chosen}
    found = [lack for lack in found if not lack.block or lack.block in names]
    for block in chosen:
        block.cycle = cycle
    return found + reading_lacks(cycle) + second_calculation_lacks(chosen)


def hearing_lacks(cycle: Cycle, blocks: Sequence[int] | None = None) -> list[Lack]:
    """The leading group must have released the first result before the units see theirs (R8).

    `blocks` asks for those alone: a track by itself is heard as the draft of its own name.
    """
    heard = Hearing.objects.filter(draft__cycle=cycle)
    if blocks is not None:
        tracks = Block.objects.filter(pk__in=blocks, kind=BlockKind.SPECIAL, has_own_calendar=True)
        names = list(tracks.values_list("name", flat=True))
        heard = heard.filter(draft__scope__in=names or [""])
    last = heard.order_by("-pk").first()
    if last is not None and last.is_released:
        return []
    return [
        Lack(
            "hearing-open",
            _("The leading group has not released the first result yet."),
            route="hearing",
        )
    ]


def reading_lacks(cycle: Cycle) -> list[Lack]:
    """Readings nobody has decided although an alternative would move a place or an award."""
    return [
        Lack(
            "undecided-reading",
            _("Reading %(code)s changes a place or an award and is not decided.") % {"code": reading.code},
            route="readings",
            signable=False,
        )
        for reading in readings_that_hold(cycle)
    ]


def filing_lacks(cycle: Cycle) -> list[Lack]:
    """The year is filed by the receipt of the organization department, not by moving on."""
    newest = queries.newest(cycle)
    if newest is not None and Filing.objects.filter(edition=newest, accepted_at__isnull=False).exists():
        return []
    return [
        Lack(
            "not-filed",
            _("The organization department has not accepted the package of the newest edition."),
            route="filing",
            signable=False,
        )
    ]


# The evening before


@dataclass(frozen=True, slots=True)
class Narrow:
    """A place decided by almost nothing."""

    block: str
    rank: int
    above: str
    below: str
    gap: Decimal


@dataclass(frozen=True, slots=True)
class Tie:
    """Units on one place where prizes are given."""

    block: str
    rank: int
    units: tuple[str, ...]
    final: str
    crosses: bool  # the last prize falls inside the tie


@dataclass(frozen=True, slots=True)
class Flat:
    """A body that gave every unit of a block the same mark."""

    lead: str
    block: str
    sub_item: str
    points: str
    units: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """One cell drawn for comparing with its paper."""

    block: str
    unit: str
    sub_item: str
    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class CheckUp:
    """Everything the office looks at the evening before the hearing."""

    lacks: list[Lack]
    narrow: list[Narrow]
    ties: list[Tie]
    flat: list[Flat]
    without_paper: list[str]
    sample: list[Sampled]

    @property
    def is_clear(self) -> bool:
        return not (self.lacks or self.narrow or self.ties or self.flat or self.without_paper)


def check_up(cycle: Cycle, drafts: Mapping[str, dict[str, Any]], seed: str) -> CheckUp:
    """The check-up of a result; `seed` is public, so that anybody can draw the same sample."""
    blocks = [block for draft in drafts.values() for block in draft["results"]["blocks"]]
    places = prize_places(cycle)
    return CheckUp(
        lacks=approval_lacks(cycle),
        narrow=[found for block in blocks for found in narrow_places(block)],
        ties=[found for block in blocks for found in ties(block, places.get(block["name"], 0))],
        flat=flat_marks(cycle),
        without_paper=[*on_behalf_without_paper(cycle), *originals_not_seen(cycle)],
        sample=sample(drafts, seed),
    )


def prize_places(cycle: Cycle) -> dict[str, int]:
    """Block → how many places win a comprehensive prize."""
    found: dict[str, int] = defaultdict(int)
    for scheme in AwardScheme.objects.filter(cycle=cycle, kind=Kind.COMPREHENSIVE).prefetch_related(
        "blocks", "prizes"
    ):
        for block in scheme.blocks.all():
            found[block.name] += sum(prize.count for prize in scheme.prizes.all())
    return found


def narrow_places(block: Mapping[str, Any]) -> list[Narrow]:
    """Neighbours on different places less than NARROW apart."""
    rows = block["rows"]
    found = []
    for above, below in pairwise(rows):
        gap = Decimal(above["final"]) - Decimal(below["final"])
        if above["rank"] != below["rank"] and gap < NARROW:
            found.append(Narrow(block["name"], below["rank"], above["unit"], below["unit"], gap))
    return found


def ties(block: Mapping[str, Any], prizes: int) -> list[Tie]:
    """Shared places among those that win a prize."""
    by_rank: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in block["rows"]:
        by_rank[row["rank"]].append(row)
    return [
        Tie(
            block["name"],
            rank,
            tuple(r["unit"] for r in rows),
            rows[0]["final"],
            rank + len(rows) - 1 > prizes,
        )
        for rank, rows in by_rank.items()
        if len(rows) > 1 and rank <= prizes
    ]


def flat_marks(cycle: Cycle) -> list[Flat]:
    """Leads that gave everybody of a block the same mark."""
    marks: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for lead, block, sub, points in (
        Score.objects.filter(cell__block__cycle=cycle, kind=ScoreKind.LEAD)
        .values_list("cell__sub_item__lead__name", "cell__block__name", "cell__sub_item__name", "points")
        .order_by("cell__block__order", "cell__sub_item__item__order", "cell__sub_item__order")
    ):
        marks[lead or "", block, sub].append(points or Decimal(0))
    return [
        Flat(lead, block, sub, format_points(points[0]), len(points))
        for (lead, block, sub), points in marks.items()
        if len(points) >= SAME_FROM and len(set(points)) == 1
    ]


def on_behalf_without_paper(cycle: Cycle) -> list[str]:
    """Marks entered for another body whose signed paper is not here."""
    scores = Score.objects.filter(cell__block__cycle=cycle, on_behalf_of__isnull=False, paper__isnull=True)
    return [
        f"{behalf} · {unit} · {sub}"
        for behalf, unit, sub in scores.order_by("pk").values_list(
            "on_behalf_of__name", "cell__membership__unit__name", "cell__sub_item__name"
        )
    ]


def originals_not_seen(cycle: Cycle) -> list[str]:
    """Papers that count although nobody has noted that the original was seen."""
    rows = Adjustment.objects.filter(
        membership__block__cycle=cycle,
        state=AdjustmentState.VERIFIED,
        document__original_seen_at__isnull=True,
    ).select_related("unit", "document")
    return [str(row) for row in rows.order_by("pk")]


def sample(drafts: Mapping[str, dict[str, Any]], seed: str) -> list[Sampled]:
    """SAMPLE_SIZE scored cells, drawn by the digests of seed and cell: the same for everybody who asks."""
    drawn = []
    for draft in drafts.values():
        for block in draft["inputs"]["blocks"]:
            for cell in block["cells"]:
                for kind, score in cell.get("scores", {}).items():
                    if kind != ScoreKind.SELF:
                        name = (
                            f"{seed}|{block['name']}|{cell['unit']}|{cell['item']}|{cell['sub_item']}|{kind}"
                        )
                        order = hashlib.sha256(name.encode()).hexdigest()
                        label = str(ScoreKind(kind).label)
                        drawn.append(
                            (
                                order,
                                Sampled(
                                    block["name"], cell["unit"], cell["sub_item"], label, score["points"]
                                ),
                            )
                        )
    return [cell for _order, cell in sorted(drawn, key=lambda pair: pair[0])[:SAMPLE_SIZE]]
