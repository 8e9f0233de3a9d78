"""What pages, papers and the year's procedure ask about the leads' detailed rules, in a known number of queries.

Nothing here writes.  Everybody of a year reads accepted rules; what is being written is the lead's and the office's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from office.fields import format_points
from scoring.models import DetailedRule, DetailedRuleState, RuleBook, RuleIndicator, SubItem
from scoring.readiness import naming
from units.duties import Duty, Owner
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import Cycle
from units.queries import windows_of
from units.stages import Stage

LIGHTS = {
    DetailedRuleState.DRAFT: "off",
    DetailedRuleState.FILED: "amber",
    DetailedRuleState.RETURNED: "red",
    DetailedRuleState.ACCEPTED: "green",
    DetailedRuleState.REPLACED: "off",
}
SEES_DRAFTS = frozenset({Role.OFFICE, Role.AUDITOR})


def sub_items(cycle: Cycle) -> QuerySet[SubItem]:
    """Every sub-item of the year in the plan's order, with item, block and lead."""
    return (
        SubItem.objects.filter(item__block__cycle=cycle)
        .select_related("item__block", "lead")
        .order_by("item__block__order", "item__block_id", "item__order", "order", "pk")
    )


def sees_drafts(hat: Hat, sub_item: SubItem) -> bool:
    """True when the hat may look at what is not accepted: the office, and the body that leads."""
    return hat.role in SEES_DRAFTS or (
        hat.role is Role.LEAD and hat.unit_id is not None and hat.unit_id == sub_item.lead_id
    )


@dataclass(frozen=True, slots=True)
class SubItemRules:
    """One row of the register: a sub-item with its newest and its accepted version."""

    sub_item: SubItem
    newest: DetailedRule | None  # within the hat's sight
    accepted: DetailedRule | None

    @property
    def light(self) -> str:
        return LIGHTS[DetailedRuleState(self.newest.state)] if self.newest is not None else "off"


def register(hat: Hat, cycle: Cycle) -> list[SubItemRules]:
    """Every sub-item with its rules as far as the hat may see them.  Two queries."""
    found: dict[int, list[DetailedRule]] = defaultdict(list)
    rows = DetailedRule.objects.filter(sub_item__item__block__cycle=cycle).select_related("written_by")
    for row in rows.order_by("-number"):
        found[row.sub_item_id].append(row)
    out = []
    for sub in sub_items(cycle):
        rules = found.get(sub.pk, [])
        accepted = next((row for row in rules if row.state == DetailedRuleState.ACCEPTED), None)
        newest = rules[0] if rules and sees_drafts(hat, sub) else accepted
        out.append(SubItemRules(sub, newest, accepted))
    return out


def versions_for(hat: Hat, sub_item: SubItem) -> list[DetailedRule]:
    """The versions of one sub-item that the hat may read, newest first, with their indicators.  Two queries."""
    rows = sub_item.detailed_rules.select_related("written_by", "decided_by").prefetch_related("indicators")
    if not sees_drafts(hat, sub_item):
        rows = rows.filter(state__in=[DetailedRuleState.ACCEPTED, DetailedRuleState.REPLACED])
    return list(rows.order_by("-number"))


# The compiled rules ------------------------------------------------------------------------------


def compiled(cycle: Cycle) -> dict[str, Any]:
    """All accepted rules as plain values in the plan's order; what a book keeps and papers show.  Five queries."""
    accepted = DetailedRule.objects.filter(state=DetailedRuleState.ACCEPTED).prefetch_related(
        Prefetch("indicators", RuleIndicator.objects.order_by("order", "pk"))
    )
    rows = sub_items(cycle).prefetch_related(Prefetch("detailed_rules", accepted, "accepted"), "helpers")
    blocks: list[dict[str, Any]] = []
    for sub in rows:
        block, item = sub.item.block, sub.item
        if not blocks or blocks[-1]["name"] != block.name:
            blocks.append({"name": block.name, "majors": []})
        items = blocks[-1]["majors"]
        if not items or items[-1]["name"] != item.name:
            items.append(
                {
                    "name": item.name,
                    "weight": format_points(item.weight_points),
                    "base": format_points(item.base_points),
                    "sub_items": [],
                }
            )
        items[-1]["sub_items"].append(_sub_item(sub))
    return {"cycle": cycle.code, "year": cycle.year, "name": cycle.name, "blocks": blocks}


def _sub_item(sub: SubItem) -> dict[str, Any]:
    accepted: list[DetailedRule] = sub.accepted  # type: ignore[attr-defined]  # prefetched under this name
    rule = accepted[0] if accepted else None
    return {
        "name": sub.name,
        "base": format_points(sub.base_points),
        "lead": sub.lead.name if sub.lead else "",
        "helpers": [unit.name for unit in sub.helpers.all()],
        "look": str(sub.look),
        "floor": floor_words(rule),
        "version": rule.number if rule else 0,
        "text": rule.text if rule else "",
        "indicators": [
            {
                "name": one.name,
                "base": format_points(one.base_points),
                "rule": one.rule_text,
                "steps": list(one.steps),
            }
            for one in (rule.indicators.all() if rule else ())
        ],
    }


def floor_words(rule: DetailedRule | None) -> str:
    """扣完为止, or the words of the rule that lets it go lower."""
    if rule is None or rule.floor_points is None:
        return "扣完为止"
    return rule.floor_text or format_points(rule.floor_points)


def without_rules(content: Mapping[str, Any]) -> list[str]:
    """The sub-items of a compiled text that have no rules yet."""
    return [
        f"{block['name']} · {sub['name']}"
        for block in content["blocks"]
        for item in block["majors"]
        for sub in item["sub_items"]
        if not sub["version"]
    ]


def versions_in(content: Mapping[str, Any]) -> dict[str, int]:
    """Block · sub-item → the version compiled, to tell whether a book is still up to date."""
    return {
        f"{block['name']} · {sub['name']}": sub["version"]
        for block in content["blocks"]
        for item in block["majors"]
        for sub in item["sub_items"]
    }


def newest_book(cycle: Cycle) -> RuleBook | None:
    return RuleBook.objects.filter(cycle=cycle).select_related("issued_by").order_by("-number").first()


# What is owed ------------------------------------------------------------------------------------


def rule_duties(cycle: Cycle) -> list[Duty]:
    """Each lead owes rules for every sub-item it leads until set-up closes.  Three queries."""
    window = windows_of(cycle).get(Stage.SET_UP)
    filed: dict[int, Any] = {}
    rows = DetailedRule.objects.filter(
        sub_item__item__block__cycle=cycle,
        state__in=[DetailedRuleState.FILED, DetailedRuleState.ACCEPTED],
    )
    for sub, at in rows.values_list("sub_item_id", "filed_at"):
        filed[sub] = max(filed.get(sub, at), at) if at is not None else filed.get(sub)
    by_lead: dict[int, list[int]] = defaultdict(list)
    for sub, lead in sub_items(cycle).values_list("pk", "lead_id"):
        if lead is not None:
            by_lead[lead].append(sub)
    duties = []
    for lead, subs in by_lead.items():
        done = [filed[sub] for sub in subs if sub in filed]
        duties.append(
            Duty(
                "detailed-rules",
                _("Detailed rules"),
                lead,
                due=window.closes_at if window else None,
                done_at=max(done) if len(done) == len(subs) else None,
                done=len(done),
                asked=len(subs),
                route="detailed-rules",
                owner=Owner.BODY,
            )
        )
    return duties


def detailed_rule_lacks(cycle: Cycle) -> list[Lack]:
    """Sub-items without accepted rules, and rules accepted since the last compiled version.  Three queries."""
    accepted: dict[int, int] = dict(
        DetailedRule.objects.filter(
            sub_item__item__block__cycle=cycle, state=DetailedRuleState.ACCEPTED
        ).values_list("sub_item_id", "number")
    )
    subs = list(sub_items(cycle))
    found = []
    lacking = _names(sub for sub in subs if sub.lead_id is not None and sub.pk not in accepted)
    if lacking:
        found.append(
            Lack(
                "no-detailed-rules",
                _("%(count)d sub-items have no accepted detailed rules.") % {"count": len(lacking)},
                naming(lacking),
                route="detailed-rules",
            )
        )
    if accepted:
        book = newest_book(cycle)
        compiled_versions = versions_in(book.content) if book is not None else {}
        newer = [
            name
            for sub in subs
            if sub.pk in accepted
            and compiled_versions.get(name := f"{sub.item.block.name} · {sub.name}") != accepted[sub.pk]
        ]
        if newer:
            found.append(
                Lack(
                    "rules-not-compiled",
                    _("%(count)d detailed rules were accepted since the last compiled version.")
                    % {"count": len(newer)},
                    naming(newer),
                    route="rule-book",
                )
            )
    return found


def _names(subs: Iterable[SubItem]) -> list[str]:
    return [f"{sub.item.block.name} · {sub.name}" for sub in subs]
