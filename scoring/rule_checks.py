"""The checks on a block's rules: sums of weights and bases, items of one sub-item, stand-ins (rulebook 2).

Pure: the rules are passed in as values. When a finding is an error is said by who asks: an import or set-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _


class RuleLack(StrEnum):
    WEIGHTS = "weights-sum"  # not signed away: set-up stays open
    BASES = "bases-sum"
    SINGLE = "single-sub-item"
    NO_SUB_ITEM = "no-sub-item"
    NO_ITEM = "no-item"
    NO_LEAD = "no-lead"
    INDICATORS = "indicators-sum"
    STAND_IN = "stand-in"


@dataclass(frozen=True, slots=True)
class SubItemFacts:
    name: str
    base: Decimal
    has_lead: bool = True
    is_stand_in: bool = False
    indicator_bases: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemFacts:
    name: str
    weight: Decimal
    base: Decimal
    subs: tuple[SubItemFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockFacts:
    name: str
    is_track: bool
    items: tuple[ItemFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    code: RuleLack
    block: str
    sentence: str
    item: str = ""
    sub_item: str = ""
    figures: tuple[Decimal, ...] = field(default=())

    @property
    def may_be_signed(self) -> bool:
        """Weights that do not sum may not be signed away (rulebook 8)."""
        return self.code is not RuleLack.WEIGHTS


def check(blocks: Iterable[BlockFacts], total_weight: Decimal) -> list[Finding]:
    """Every lack of the rules, in the plan's order.  Tracks have no total weight."""
    return [finding for block in blocks for finding in check_block(block, total_weight)]


def check_block(block: BlockFacts, total_weight: Decimal) -> list[Finding]:
    findings: list[Finding] = []
    if not block.items:
        findings.append(
            Finding(
                RuleLack.NO_ITEM,
                block.name,
                _("%(block)s has no item yet. Add what it is appraised by.") % {"block": block.name},
            )
        )
    weights = sum((item.weight for item in block.items), Decimal(0))
    if block.items and not block.is_track and weights != total_weight:
        findings.append(
            Finding(
                RuleLack.WEIGHTS,
                block.name,
                _(
                    "The weights of %(block)s add up to %(sum)s instead of %(total)s. Correct the weights of its items."
                )
                % {"block": block.name, "sum": plain(weights), "total": plain(total_weight)},
                figures=(weights, total_weight),
            )
        )
    for item in block.items:
        findings += _check_item(block.name, item)
    return findings


def _check_item(block: str, item: ItemFacts) -> list[Finding]:
    names = {"block": block, "item": item.name}
    if not item.subs:
        return [
            Finding(
                RuleLack.NO_SUB_ITEM,
                block,
                _(
                    "“%(item)s” of %(block)s has no sub-item. Add one, of the same name and base if there is no split."
                )
                % names,
                item.name,
            )
        ]
    findings: list[Finding] = []
    bases = sum((sub.base for sub in item.subs), Decimal(0))
    if bases != item.base:
        findings.append(
            Finding(
                RuleLack.BASES,
                block,
                _(
                    "The sub-items of “%(item)s” of %(block)s add up to %(sum)s; its base is %(base)s. Correct the one or the other."
                )
                % {**names, "sum": plain(bases), "base": plain(item.base)},
                item.name,
                figures=(bases, item.base),
            )
        )
    if len(item.subs) == 1 and item.subs[0].name != item.name:
        findings.append(
            Finding(
                RuleLack.SINGLE,
                block,
                _(
                    "“%(item)s” of %(block)s has one sub-item only; it should bear the item's name instead of “%(sub)s”."
                )
                % {**names, "sub": item.subs[0].name},
                item.name,
                item.subs[0].name,
            )
        )
    for sub in item.subs:
        findings += _check_sub_item(block, item.name, sub)
    return findings


def _check_sub_item(block: str, item: str, sub: SubItemFacts) -> list[Finding]:
    names = {"block": block, "item": item, "sub": sub.name}
    findings: list[Finding] = []
    total = sum(sub.indicator_bases, Decimal(0))
    if sub.indicator_bases and total != sub.base:
        findings.append(
            Finding(
                RuleLack.INDICATORS,
                block,
                _(
                    "The indicators of “%(sub)s” (%(item)s, %(block)s) add up to %(sum)s; its base is %(base)s. Correct the one or the other."
                )
                % {**names, "sum": plain(total), "base": plain(sub.base)},
                item,
                sub.name,
                (total, sub.base),
            )
        )
    if not sub.has_lead:
        findings.append(
            Finding(
                RuleLack.NO_LEAD,
                block,
                _("“%(sub)s” (%(item)s, %(block)s) has no lead body yet. Name one.") % names,
                item,
                sub.name,
            )
        )
    if sub.is_stand_in:
        findings.append(
            Finding(
                RuleLack.STAND_IN,
                block,
                _(
                    "“%(sub)s” (%(item)s, %(block)s): base and lead stand in for the plan's annex. Check and confirm them."
                )
                % names,
                item,
                sub.name,
            )
        )
    return findings


def plain(points: Decimal) -> str:
    """Points in their shortest exact form."""
    text = format(points, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def only(findings: Sequence[Finding], *codes: RuleLack) -> list[Finding]:
    return [finding for finding in findings if finding.code in codes]
