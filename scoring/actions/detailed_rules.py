"""A lead files the detailed rules of its sub-items, the office accepts or returns them and compiles all (§6(2)).

Accepted rules become the sub-item's indicators and floor; once the year has opened nothing here moves any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.actions.adjustments import locked
from office import audit, evidence
from office.fields import format_points, to_units
from office.refusal import Refused
from scoring import rule_queries
from scoring.models import (
    Deduction,
    DetailedRule,
    DetailedRuleState,
    Indicator,
    RuleBook,
    RuleIndicator,
    SubItem,
)
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import may, require
from units.signals import announce_stale, once_per_block

FILE, EXAMINE = "E09", "E10"
MOST_INDICATORS = 40
LONGEST_TEXT = 20_000
LONGEST_WORDS = 500
STOPS_ALL = frozenset({"not-permitted", "stage-closed"})


@dataclass(frozen=True, slots=True)
class IndicatorDraft:
    name: str
    base_points: Decimal
    rule_text: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """The rules as typed; `floor_points` None: nothing below 0."""

    text: str
    indicators: Sequence[IndicatorDraft] = ()
    floor_points: Decimal | None = None
    floor_text: str = ""


def _sub_item(cycle: Cycle, pk: int) -> SubItem:
    found = rule_queries.sub_items(cycle).filter(pk=pk).select_for_update(of=("self",)).first()
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.item.block.cycle = cycle
    return found


def require_may_file(by: Hat, sub_item: SubItem) -> None:
    """E09: the body that leads, and the office; a helper reads, everybody else finds nothing."""
    block = sub_item.item.block
    require(FILE, by, block.cycle, block=block)
    if by.role is not Role.LEAD or by.unit_id == sub_item.lead_id:
        return
    if sub_item.helpers.filter(pk=by.unit_id).exists():
        raise Refused(
            "not-the-lead",
            _("The rules of “%(sub)s” are filed by %(lead)s, which leads it; your body helps.")
            % {"sub": sub_item.name, "lead": sub_item.lead.name if sub_item.lead else "—"},
            "§6(2)",
            status=403,
        )
    raise Refused("not-found", _("There is no such record."), status=404)


def may_file(by: Hat, sub_item: SubItem) -> bool:
    try:
        require_may_file(by, sub_item)
    except Refused:
        return False
    return True


# The lead ----------------------------------------------------------------------------------------


@transaction.atomic
def save_rules(
    *,
    by: Hat,
    cycle: Cycle,
    sub_item_id: int,
    draft: RuleDraft,
    file: bool = False,
    edits: int | None = None,
    received: evidence.Received | None = None,
) -> DetailedRule:
    """Keep the rules as a draft, or file them to be examined.  E09, §6(2).

    A version that was filed, returned or accepted stays as it is: writing on begins the next one. `edits` is the
    count the page was drawn with (0 for a new version). Raises Refused: not permitted, the year has opened,
    changed meanwhile, one version waiting to be examined, or rules that do not add up.
    """
    year = locked(cycle)
    sub = _sub_item(year, sub_item_id)
    require_may_file(by, sub)
    newest = sub.detailed_rules.select_related("written_by").order_by("-number").first()
    if newest is not None and newest.state == DetailedRuleState.FILED:
        raise Refused(
            "rules-filed",
            _("Version %(number)d of “%(sub)s” is filed and waits for the appraisal office.")
            % {"number": newest.number, "sub": sub.name},
            "§6(2)",
        )
    row = newest if newest is not None and newest.is_open else None
    if edits is not None and edits != (row.edits if row is not None else 0):
        raise Refused(
            "changed-meanwhile",
            _(
                "%(who)s changed these rules meanwhile. What you typed is still below: compare it and save again."
            )
            % {"who": str(row.written_by if row is not None else newest.written_by if newest else "—")},
            values={"edits": row.edits if row is not None else 0},
        )
    _require_sound(year, sub, draft, file=file)
    if row is None:
        row = DetailedRule(sub_item=sub, number=(newest.number if newest is not None else 0) + 1)
    row.text = draft.text.strip()
    row.floor_points, row.floor_text = draft.floor_points, draft.floor_text.strip()
    row.written_by, row.written_at = by.user, timezone.now()
    row.edits += 1
    if file:
        row.state, row.filed_at = DetailedRuleState.FILED, timezone.now()
    row.save()
    row.indicators.all().delete()
    RuleIndicator.objects.bulk_create(
        RuleIndicator(
            rule=row,
            order=order,
            name=one.name.strip(),
            base_points=one.base_points,
            rule_text=one.rule_text.strip(),
            steps=[step.strip() for step in one.steps if step.strip()],
        )
        for order, one in enumerate(draft.indicators, 1)
    )
    if received is not None:
        evidence.attach(received, by=by.user, about=row, account=account_of(year, sub))
    audit.record(
        by,
        "detailed-rules.filed" if file else "detailed-rules.saved",
        row,
        cycle_code=year.code,
        number=row.number,
        indicators=len(draft.indicators),
        sha256=received.stored.sha256 if received is not None else "",
    )
    return row


def account_of(cycle: Cycle, sub_item: SubItem) -> str:
    """Whose room a file beside the rules fills: the lead's, the host's where there is none."""
    return evidence.account_of(cycle.code, sub_item.lead_id or cycle.host_id)


def _points(cycle: Cycle, label: str, points: Decimal) -> None:
    try:
        to_units(points, cycle.places)
    except ValueError as error:
        raise Refused(
            "too-many-decimals",
            _("%(label)s: %(points)s has more than %(places)d decimals.")
            % {"label": label, "points": format_points(points), "places": cycle.places},
            status=422,
        ) from error


def _require_sound(cycle: Cycle, sub: SubItem, draft: RuleDraft, *, file: bool) -> None:
    if len(draft.text) > LONGEST_TEXT or len(draft.indicators) > MOST_INDICATORS:
        raise Refused(
            "rules-too-long",
            _(
                "Rules hold at most %(letters)d characters and %(indicators)d indicators; they should be brief."
            )
            % {"letters": LONGEST_TEXT, "indicators": MOST_INDICATORS},
            "§6(2)",
            status=422,
        )
    names: set[str] = set()
    for number, one in enumerate(draft.indicators, 1):
        name = one.name.strip()
        if not name:
            raise Refused(
                "no-name",
                _("Indicator %(number)d has no name. Please enter it.") % {"number": number},
                status=422,
            )
        if name in names:
            raise Refused(
                "name-twice", _("“%(name)s” stands there twice. Please join or rename one.") % {"name": name},
                status=422,
            )  # fmt: skip
        names.add(name)
        if one.base_points <= 0:
            raise Refused("not-positive", _("%(label)s must be more than 0.") % {"label": name}, status=422)
        _points(cycle, name, one.base_points)
    if draft.floor_points is not None:
        _points(cycle, _("Floor"), draft.floor_points)
        if draft.floor_points >= sub.base_points or not draft.floor_text.strip():
            raise Refused(
                "floor-unsaid",
                _(
                    "A floor other than “nothing below 0” lies below the base and needs its words, as the plan asks."
                ),
                "§3",
                status=422,
            )
    if not file:
        return
    if not draft.text.strip():
        raise Refused("no-text", _("Please write the rules before filing them."), "§6(2)", status=422)
    total = sum((one.base_points for one in draft.indicators), Decimal(0))
    if draft.indicators and total != sub.base_points:
        raise Refused(
            "indicators-do-not-sum",
            _("The indicators of “%(sub)s” add up to %(sum)s; its base is %(base)s. Please correct them.")
            % {"sub": sub.name, "sum": format_points(total), "base": format_points(sub.base_points)},
            "§3",
            status=422,
        )


# The office --------------------------------------------------------------------------------------


def _filed(cycle: Cycle, pk: int) -> DetailedRule:
    row = (
        DetailedRule.objects.filter(pk=pk, sub_item__item__block__cycle=cycle)
        .select_related("sub_item__item__block", "sub_item__lead")
        .select_for_update(of=("self",))
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    row.sub_item.item.block.cycle = cycle
    return row


def _require_filed(row: DetailedRule) -> None:
    if row.state != DetailedRuleState.FILED:
        raise Refused(
            "not-filed",
            _("Version %(number)d of “%(sub)s” is %(state)s; nothing waits to be examined.")
            % {"number": row.number, "sub": row.sub_item.name, "state": row.get_state_display()},
            "§6(2)",
        )


def _decide(row: DetailedRule, by: Hat, state: DetailedRuleState, words: str) -> None:
    row.state, row.words = state, words.strip()[:LONGEST_WORDS]
    row.decided_by, row.decided_at = by.user, timezone.now()
    row.save()


def _accept(by: Hat, row: DetailedRule, words: str) -> None:
    block = row.sub_item.item.block
    require(EXAMINE, by, block.cycle, block=block)
    _require_filed(row)
    _refuse_scored(row.sub_item)
    row.sub_item.detailed_rules.filter(state=DetailedRuleState.ACCEPTED).update(
        state=DetailedRuleState.REPLACED
    )
    _decide(row, by, DetailedRuleState.ACCEPTED, words)
    _apply(row)


def _refuse_scored(sub: SubItem) -> None:
    if Deduction.objects.filter(indicator__sub_item=sub).exists():
        raise Refused(
            "indicators-in-use",
            _("Deductions stand on the indicators of “%(sub)s”, so they may not be replaced.")
            % {"sub": sub.name},
            "§6(2)",
        )


def _apply(row: DetailedRule) -> None:
    """Make the accepted version the rule that scores obey."""
    sub = row.sub_item
    sub.floor_points, sub.floor_text = row.floor_points, row.floor_text
    sub.save(update_fields=["floor_points", "floor_text"])
    there = {one.name: one for one in sub.indicators.all()}
    wanted = list(row.indicators.order_by("order", "pk"))
    sub.indicators.exclude(name__in=[one.name for one in wanted]).delete()
    for one in wanted:
        live = there.get(one.name) or Indicator(sub_item=sub, name=one.name)
        live.order, live.base_points = one.order, one.base_points
        live.rule_text, live.steps = one.rule_text, one.steps
        live.save()
    announce_stale(sub.item.block_id)


def _told(row: DetailedRule) -> dict[str, Any]:
    block = row.sub_item.item.block
    return {"block": block.name, "sub_item": row.sub_item.name, "number": row.number, "reason": row.words}


@transaction.atomic
def accept(*, by: Hat, cycle: Cycle, rule_id: int, words: str = "") -> DetailedRule:
    """The office accepts a filed version: its indicators and floor hold from now on.  E10, §6(2)."""
    year = locked(cycle)
    row = _filed(year, rule_id)
    with once_per_block():
        _accept(by, row, words)
    audit.record(by, "detailed-rules.accepted", row, cycle_code=year.code, **_told(row))
    return row


@transaction.atomic
def return_with_words(*, by: Hat, cycle: Cycle, rule_id: int, words: str) -> DetailedRule:
    """The office gives a filed version back with words; the lead files the next one.  E10, §6(2)."""
    year = locked(cycle)
    row = _filed(year, rule_id)
    block = row.sub_item.item.block
    require(EXAMINE, by, year, block=block)
    _require_filed(row)
    if not words.strip():
        raise Refused(
            "no-words",
            _("Please write what has to be changed; the lead reads it beside its rules."),
            status=422,
        )
    _decide(row, by, DetailedRuleState.RETURNED, words)
    audit.record(by, "detailed-rules.returned", row, cycle_code=year.code, **_told(row))
    return row


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of many at once."""

    done: list[DetailedRule]
    left: list[tuple[DetailedRule, Refused]]  # and why


@transaction.atomic
def accept_many(*, by: Hat, cycle: Cycle, rule_ids: Collection[int]) -> Examined:
    """Accept everything that was ticked; what cannot be is left and says why.  E10."""
    year = locked(cycle)
    done: list[DetailedRule] = []
    left: list[tuple[DetailedRule, Refused]] = []
    rows = (
        DetailedRule.objects.filter(pk__in=list(rule_ids), sub_item__item__block__cycle=year)
        .select_related("sub_item__item__block", "sub_item__lead")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    with once_per_block():
        for row in rows:
            row.sub_item.item.block.cycle = year
            try:
                _accept(by, row, "")
            except Refused as refusal:
                if refusal.code in STOPS_ALL:
                    raise
                left.append((row, refusal))
            else:
                done.append(row)
    for row in done:
        audit.record(by, "detailed-rules.accepted", row, cycle_code=year.code, **_told(row))
    return Examined(done, left)


def digest_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def issue_book(*, by: Hat, cycle: Cycle) -> RuleBook:
    """Compile all accepted rules into one text and seal it as the next version.  E10, §6(2).

    Raises Refused: not permitted, the year has opened, nothing accepted, or nothing new since the last version.
    """
    year = locked(cycle)
    require(EXAMINE, by, year)
    content = rule_queries.compiled(year)
    if not any(rule_queries.versions_in(content).values()):
        raise Refused(
            "nothing-accepted",
            _("No detailed rules are accepted yet, so there is nothing to compile."),
            "§6(2)",
            status=422,
        )
    digest = digest_of(content)
    last = RuleBook.objects.filter(cycle=year).order_by("-number").first()
    if last is not None and last.sha256 == digest:
        raise Refused(
            "nothing-new",
            _("Nothing changed since version %(number)d; it still holds.") % {"number": last.number},
            "§6(2)",
        )
    number = (RuleBook.objects.filter(cycle=year).aggregate(last=Max("number"))["last"] or 0) + 1
    book = RuleBook.objects.create(
        cycle=year, number=number, content=content, sha256=digest, issued_by=by.user, issued_at=timezone.now()
    )
    audit.record(by, "detailed-rules.compiled", book, cycle_code=year.code, number=number, sha256=digest)
    return book


def may_examine(by: Hat, cycle: Cycle) -> bool:
    return may(EXAMINE, by, cycle)
