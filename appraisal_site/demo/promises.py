"""The demo's promises: detailed rules of every lead, goals of 81 units with their rounds, quarterly progress, coverage.

Rows are written at once with a log entry for each kind; drawn from the seed, so that the same seed gives the same year.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone

from appraisal_site.demo import papers
from appraisal_site.demo.people import People, account_name
from appraisal_site.demo.promise_words import (
    COMMON,
    DELAYS,
    LOOKED_AT,
    OF_BLOCK,
    RETURNS,
    SUMMARIES,
    Pledge,
)
from office import audit, evidence, files
from office.evidence import Received
from office.fields import format_points
from scoring import commitment_queries, rule_queries
from scoring.actions import commitments, detailed_rules
from scoring.models import (
    Below,
    Commitment,
    CommitmentRound,
    CommitmentState,
    CoverageLine,
    CoverageReturn,
    DetailedRule,
    DetailedRuleState,
    Goal,
    ProgressLine,
    ProgressReport,
    ReportTerm,
    RuleBook,
    RuleIndicator,
    SubItem,
    Verdict,
)
from units.models import Cycle, Unit
from units.stages import Stage

GOALS_EACH = (4, 7)
RETURNED_FIRST = 5  # units whose first round came back with words
LATE = 3  # units that signed after the day
WITHOUT_FOURTH = 9  # units that owe their fourth report
Spans = dict[Stage, tuple[date, date]]


def write(people: People, spans: Spans, seed: int) -> None:
    """Everything of the year's promises, dated within the windows; call it before self-assessment opens."""
    draw = random.Random(f"promises {seed}")  # noqa: S311 -- a fictional year, not a secret
    cycle = people.cycle
    _rules(people, _noon(spans[Stage.SET_UP][0]))
    units = commitment_queries.committing_units(cycle)
    made = _commitments(people, units, spans[Stage.COMMITMENT], draw)
    terms = _terms(cycle, spans[Stage.MONITORING])
    _progress(people, made, terms, draw)
    _coverage(people, units, spans[Stage.SELF_ASSESSMENT][0], draw)


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=12)


# Rules -------------------------------------------------------------------------------------------


def rule_text(sub: SubItem) -> str:
    looked = LOOKED_AT.get(sub.name, "年度工作任务完成情况、台账资料和实际成效")
    base = format_points(sub.base_points)
    return (
        f"一、考评内容：{looked}。\n"
        f"二、计分办法：基础分{base}分，按季度监测情况扣分，年终汇总，扣完为止。\n"
        "三、扣分标准：资料迟报一次扣1分，漏报一次扣2分；任务每少完成一个百分点扣基础分的1%；"
        "被通报的按方案加减分办法另行处理，不重复扣分。"
    )


def _rules(people: People, at: datetime) -> None:
    """Accepted rules for everything that is led, and one first version that came back."""
    cycle, office = people.cycle, people.hats["office1"]
    subs = [sub for sub in rule_queries.sub_items(cycle) if sub.lead is not None]
    returned = next((sub for sub in subs if "信访" in sub.name), None)
    rows = []
    for sub in subs:
        assert sub.lead is not None
        is_second = returned is not None and sub.pk == returned.pk
        rows.append(
            DetailedRule(
                sub_item=sub,
                number=2 if is_second else 1,
                text=rule_text(sub),
                state=DetailedRuleState.ACCEPTED,
                edits=1,
                written_by=people.lead_of(sub.lead).user,
                written_at=at,
                filed_at=at,
                decided_by=office.user,
                decided_at=at + timedelta(days=2),
            )
        )
    DetailedRule.objects.bulk_create(rows)
    if returned is not None and returned.lead is not None:
        first = DetailedRule.objects.create(
            sub_item=returned,
            number=1,
            text="按省市要求考核。",
            state=DetailedRuleState.RETURNED,
            edits=1,
            written_by=people.lead_of(returned.lead).user,
            written_at=at - timedelta(days=5),
            filed_at=at - timedelta(days=5),
            words="太笼统：请写明看什么、怎么计分、什么情况扣几分",
            decided_by=office.user,
            decided_at=at - timedelta(days=3),
        )
        half = returned.base_points / 2
        RuleIndicator.objects.bulk_create(
            RuleIndicator(rule=first, order=n, name=name, base_points=half)
            for n, name in enumerate(("信访件办理", "积案化解"), 1)
        )
    content = rule_queries.compiled(cycle)
    book = RuleBook.objects.create(
        cycle=cycle,
        number=1,
        content=content,
        sha256=detailed_rules.digest_of(content),
        issued_by=office.user,
        issued_at=at + timedelta(days=3),
    )
    audit.record(office, "detailed-rules.accepted", cycle, cycle_code=cycle.code, count=len(rows), demo=True)
    audit.record(
        office,
        "detailed-rules.compiled",
        book,
        cycle_code=cycle.code,
        number=1,
        sha256=book.sha256,
        demo=True,
    )


# Promises ----------------------------------------------------------------------------------------


def _commitments(
    people: People, units: Sequence[Unit], span: tuple[date, date], draw: random.Random
) -> list[Commitment]:
    cycle, office = people.cycle, people.hats["office1"]
    opens, closes = _noon(span[0]), _noon(span[1])
    by_unit = {unit.pk: n for n, unit in enumerate(units)}
    late = set(draw.sample(sorted(by_unit), LATE))
    back = set(draw.sample(sorted(set(by_unit) - late), RETURNED_FIRST))
    rows = Commitment.objects.bulk_create(
        Commitment(
            cycle=cycle,
            unit=unit,
            state=CommitmentState.ACCEPTED,
            version=4,
            changed_by=office.user,
            changed_at=closes,
            first_signed_at=_signed_at(unit.pk, by_unit, late, opens, closes),
        )
        for unit in units
    )
    blocks, subs = _blocks_and_subs(cycle)
    goals = []
    for row in rows:
        pledges = _drawn(blocks[row.unit_id], draw)
        goals += [
            Goal(
                commitment=row,
                order=n,
                text=pledge.text,
                measure=pledge.measure,
                target=pledge.target,
                due=date(cycle.year, pledge.month, 30),
                sub_item=subs.get((row.unit_id, pledge.serves)),
                support=pledge.support if draw.random() < 0.6 else "",
            )
            for n, pledge in enumerate(pledges, 1)
        ]
    kept: dict[int, list[Goal]] = defaultdict(list)
    for goal in Goal.objects.bulk_create(goals):
        kept[goal.commitment_id].append(goal)
    rounds = []
    for row in rows:
        content = commitments.content_of(kept[row.pk])
        signed_at = row.first_signed_at or opens
        principal = people.hats[f"principal_{account_name(row.unit)}"].user
        common = {
            "commitment": row,
            "goals": content,
            "sha256": commitments.digest_of(content),
            "signed_by": principal,
            "decided_by": office.user,
        }
        if row.unit_id in back:
            rounds.append(
                CommitmentRound(
                    number=1,
                    signed_at=signed_at,
                    verdict=Verdict.RETURNED,
                    words=draw.choice(RETURNS),
                    decided_at=signed_at + timedelta(days=1),
                    **common,
                )
            )
            signed_at += timedelta(days=2)
        rounds.append(
            CommitmentRound(
                number=2 if row.unit_id in back else 1,
                signed_at=signed_at,
                verdict=Verdict.ACCEPTED,
                decided_at=signed_at + timedelta(days=1),
                **common,
            )
        )
    CommitmentRound.objects.bulk_create(rounds)
    audit.record(office, "commitment.accepted", cycle, cycle_code=cycle.code, count=len(rows), demo=True)
    return rows


def _signed_at(
    unit: int, order: dict[int, int], late: set[int], opens: datetime, closes: datetime
) -> datetime:
    if unit in late:
        return closes + timedelta(days=2)
    step = (closes - opens) / (len(order) + 8)
    at = opens + step * (order[unit] + 1)
    return at.replace(hour=9 + order[unit] % 8)


def _blocks_and_subs(cycle: Cycle) -> tuple[dict[int, str], dict[tuple[int, str], SubItem]]:
    """Unit → its comprehensive block; (unit, sub-item's name) → the sub-item."""
    blocks: dict[int, str] = {}
    subs: dict[tuple[int, str], SubItem] = {}
    found: dict[int, list[SubItem]] = defaultdict(list)
    for sub in rule_queries.sub_items(cycle):
        found[sub.item.block_id].append(sub)
    for block in cycle.blocks.filter(kind="综合").prefetch_related("memberships"):
        for member in block.memberships.all():
            blocks[member.unit_id] = block.name
            for sub in found[block.pk]:
                subs[member.unit_id, sub.name] = sub
    return blocks, subs


def _drawn(block: str, draw: random.Random) -> list[Pledge]:
    """Goals of the block and of all units, none twice, by the month they are due."""
    own = OF_BLOCK.get(block, ())
    count = min(draw.randint(*GOALS_EACH), len(own) + 2)
    picked = draw.sample(own, min(len(own), count - 2)) + draw.sample(COMMON, 2)
    return sorted(picked, key=lambda pledge: (pledge.month, pledge.text))


# Progress and coverage ---------------------------------------------------------------------------


def _terms(cycle: Cycle, span: tuple[date, date]) -> dict[int, date]:
    """Four days, a quarter of the monitoring window apart."""
    step = (span[1] - span[0]) / 4
    terms = {quarter: span[0] + step * quarter for quarter in (1, 2, 3, 4)}
    ReportTerm.objects.bulk_create(
        ReportTerm(cycle=cycle, quarter=quarter, due_on=day) for quarter, day in terms.items()
    )
    return terms


def _progress(
    people: People, rows: Sequence[Commitment], terms: dict[int, date], draw: random.Random
) -> None:
    cycle, office = people.cycle, people.hats["office1"]
    owing = {row.unit_id for row in draw.sample(list(rows), WITHOUT_FOURTH)}
    goals: dict[int, list[Goal]] = defaultdict(list)
    for goal in Goal.objects.filter(commitment__cycle=cycle).order_by("order", "pk"):
        goals[goal.commitment_id].append(goal)
    reports = []
    for row in rows:
        for quarter, day in terms.items():
            if quarter == 4 and row.unit_id in owing:
                continue
            at = _noon(day) - timedelta(days=draw.randint(0, 6)) + timedelta(hours=draw.randint(-3, 4))
            if draw.random() < 0.04:
                at = _noon(day) + timedelta(days=draw.randint(1, 4))
            reports.append(
                ProgressReport(
                    cycle=cycle,
                    unit_id=row.unit_id,
                    quarter=quarter,
                    summary=draw.choice(SUMMARIES),
                    version=1,
                    written_by=people.official_of(row.unit).user,
                    written_at=at,
                    first_handed_in_at=at,
                    handed_in_at=at,
                )
            )
    stored = ProgressReport.objects.bulk_create(reports)
    commitment_of = {row.unit_id: row.pk for row in rows}
    lines = []
    reached: dict[int, int] = {}
    for report in stored:
        for goal in goals[commitment_of[report.unit_id]]:
            percent = _percent(goal, report.quarter, reached.get(goal.pk, 0), draw)
            reached[goal.pk] = percent
            lines.append(
                ProgressLine(
                    report=report,
                    goal=goal,
                    percent=percent,
                    words="" if percent == 100 else draw.choice(DELAYS),
                )
            )
    ProgressLine.objects.bulk_create(lines, batch_size=500)
    audit.record(office, "progress.handed-in", cycle, cycle_code=cycle.code, count=len(stored), demo=True)


def _percent(goal: Goal, quarter: int, before: int, draw: random.Random) -> int:
    """What is due by the end of the quarter is nearly done, the rest on its way; never less than before."""
    months = quarter * 3
    share = min(1.0, months / goal.due.month) * draw.uniform(0.82, 1.08)
    return max(before, min(100, round(share * 20) * 5))


def _coverage(people: People, units: Sequence[Unit], filed: date, draw: random.Random) -> None:
    """Every unit but a few has filed once, with one list as its evidence."""
    cycle, office = people.cycle, people.hats["office1"]
    sheet = papers.pdf(["下属单位和个人承诺情况名册", papers.NOTICE])
    stored = files.store([sheet], "承诺名册.pdf", office.user)
    at = _noon(filed) - timedelta(days=2)
    filing = units[: len(units) - 4]
    rows = CoverageReturn.objects.bulk_create(
        CoverageReturn(cycle=cycle, unit=unit, number=1, filed_by=people.official_of(unit).user, filed_at=at)
        for unit in filing
    )
    lines = []
    for row in rows:
        is_town = row.unit.kind in {"乡镇", "街道"}
        for below, most in (
            (Below.VILLAGES, draw.randint(8, 22) if is_town else 0),
            (Below.SECTIONS, draw.randint(5, 14)),
            (Below.PERSONS, draw.randint(25, 160)),
        ):
            committed = most - (draw.randint(0, 2) if most > 20 else 0)
            appraised = committed - (draw.randint(0, 3) if committed > 10 else 0)
            lines.append(
                CoverageLine(coverage=row, below=below, due=most, committed=committed, appraised=appraised)
            )
    CoverageLine.objects.bulk_create(lines)
    for row in rows:
        evidence.attach(
            Received(stored, stored.sha256),
            by=row.filed_by,
            about=row,
            account=evidence.account_of(cycle.code, row.unit_id),
        )
    audit.record(office, "coverage.filed", cycle, cycle_code=cycle.code, count=len(rows), demo=True)
