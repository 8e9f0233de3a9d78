"""The demo's ledgers: what the lead bodies noted quarter by quarter, from the very lines their marks rest on.

Three quarters stand; the third is left to the reader as workbooks (fixtures/第三季度台账). Written at once, with
one entry in the log, by the hands that would have written them. Some figures are reported beside (统计数据).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from appraisal_site.demo.figures import Key, Marks
from appraisal_site.demo.scores import Book
from appraisal_site.demo.words import HARDLY_INVOLVED
from office import audit
from scoring import ledger_queries
from scoring.models import (
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    QuarterDue,
    ReturnLine,
    VersionState,
)
from scoring.workbooks import ledger_exports
from units.calendar import SHANGHAI
from units.matrix import Role
from units.models import Cycle, Unit

STANDING, LEFT_OUT = (1, 2, 4), 3
DAYS_GIVEN = {1: 70, 2: 130, 3: 190, 4: 250}  # of the monitoring stage until a quarter is due
STILL_OPEN = 2  # bodies whose last quarter has not come in
LATE = 3  # bodies that handed the second quarter in after its day
CUT_OFF = time(17, 30)
RETURNS = (  # source, figure, measure, lowest and highest, block of the units
    ("市财政局", "财政总收入", "万元", 1_200, 6_800, "乡镇口"),
    ("市商务局", "实际进资额", "万元", 800, 9_500, "乡镇口"),
    ("市信访局", "初信初访办结率", "%", 86, 100, "乡镇口"),
    ("市人保局", "新增城镇就业", "人", 40, 360, "乡镇口"),
)
PERIODS = ("-Q1", "-Q2", "-Q4", "")

Places = dict[tuple[int, LedgerPart], list[LedgerLine]]  # body, part → lines


def write(
    book: Book,
    marks: Mapping[Key, Marks],
    since: date,
    *,
    seed: int,
    quarters: Sequence[int] = STANDING,
    still_open: int = STILL_OPEN,
) -> None:
    """The quarters of every body, the days they were due, and the figures beside.

    `since` is the first day of monitoring.
    """
    cycle = book.people.cycle
    QuarterDue.objects.bulk_create(
        QuarterDue(cycle=cycle, quarter=quarter, due_on=since + timedelta(days=days - 1), cut_off=CUT_OFF)
        for quarter, days in DAYS_GIVEN.items()
    )
    lines = 0
    for quarter in quarters:
        lines += _write_quarter(book, marks, quarter, still_open)
    figures = _write_returns(book, since, seed)
    _tell(book, {"quarters": list(quarters), "lines": lines, "figures": figures})


def complete(book: Book, marks: Mapping[Key, Marks]) -> None:
    """The quarter that was left out, and what was still open of the last one."""
    lines = _write_quarter(book, marks, LEFT_OUT) + _write_quarter(book, marks, 4)
    _tell(book, {"quarters": [LEFT_OUT, 4], "lines": lines})


def _tell(book: Book, what: dict[str, object]) -> None:
    cycle = book.people.cycle
    audit.record(book.people.hats["office1"], "ledgers.filled", cycle, cycle_code=cycle.code, **what)


def workbooks(book: Book, marks: Mapping[Key, Marks]) -> dict[str, bytes]:
    """Body → its ledger of the quarter that was left out, as the product exports it."""
    cycle = book.people.cycle
    found = {}
    places = _lines(book, marks, LEFT_OUT)
    for body in ledger_queries.bodies_of(cycle):
        lines = places.get((body.pk, LedgerPart.OWN), [])
        if lines:
            found[str(body.name)] = ledger_exports.ledger(cycle, body, LEFT_OUT, lines, others_clean=True)
    return found


def _lines(book: Book, marks: Mapping[Key, Marks], quarter: int) -> Places:
    """Every deduction of the lead's marks that fell into the quarter."""
    spared = {(each.block, each.unit, each.sub_item) for each in HARDLY_INVOLVED}
    found: Places = defaultdict(list)
    for key, mark in marks.items():
        cell = book.cells[key]
        lead = cell.sub_item.lead
        if lead is None or key in spared:
            continue
        part = LedgerPart.OFFICE if cell.membership.unit_id == lead.pk else LedgerPart.OWN
        for line in mark.lead.lines:
            if (line.on.month + 2) // 3 != quarter:
                continue
            rows = found[lead.pk, part]
            rows.append(
                LedgerLine(
                    position=len(rows),
                    membership=cell.membership,
                    sub_item=cell.sub_item,
                    points=Decimal(line.off) / 100,
                    reason=line.reason,
                    basis=line.evidence,
                    on=line.on,
                )
            )
    return found


def _write_quarter(book: Book, marks: Mapping[Key, Marks], quarter: int, still_open: int = 0) -> int:
    """What does not stand yet of this quarter; how many lines it was."""
    cycle, people = book.people.cycle, book.people
    due = ledger_queries.due_days(cycle)[quarter]
    bodies = ledger_queries.bodies_of(cycle)
    places = _lines(book, marks, quarter)
    there = set(
        Ledger.objects.filter(cycle=cycle, kind=LedgerKind.LEDGER, period=f"Q{quarter}").values_list(
            "body_id", "part"
        )
    )
    waits = {body.pk for body in bodies[len(bodies) - still_open :]} if quarter == 4 else set()
    wanted = [
        (body, part)
        for body in bodies
        for part in (LedgerPart.OWN, LedgerPart.OFFICE)
        if (part is LedgerPart.OWN or (body.pk, part) in places)
        and (body.pk, str(part)) not in there
        and body.pk not in waits
    ]
    ledgers = Ledger.objects.bulk_create(
        Ledger(cycle=cycle, kind=LedgerKind.LEDGER, body=body, period=f"Q{quarter}", part=part)
        for body, part in wanted
    )
    versions = []
    for number, (ledger, (body, part)) in enumerate(zip(ledgers, wanted, strict=True)):
        by = people.hats["office1"] if part is LedgerPart.OFFICE else people.lead_of(body)
        lines = places.get((body.pk, part), [])
        versions.append(
            LedgerVersion(
                ledger=ledger,
                number=1,
                state=VersionState.STANDING,
                by=by.user,
                by_office=by.role is Role.OFFICE,
                at=_handed_in(due, number, quarter),
                others_clean=part is LedgerPart.OWN,
                line_count=len(lines),
                points=sum((line.points for line in lines), Decimal(0)),
            )
        )
    _store(ledgers, versions)
    rows = []
    for version, (body, part) in zip(versions, wanted, strict=True):
        for line in places.get((body.pk, part), []):
            line.version = version
            rows.append(line)
    LedgerLine.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _handed_in(due: datetime, number: int, quarter: int) -> datetime:
    """A few days before the day, for some bodies after it; never later than now."""
    days = -(number % 6 + 1) if quarter != 2 or number >= LATE else number + 2
    at = (due + timedelta(days=days)).replace(hour=9 + number % 8, minute=7 * number % 60)
    return min(at, timezone.now())


def _store(ledgers: list[Ledger], versions: list[LedgerVersion]) -> None:
    LedgerVersion.objects.bulk_create(versions)
    for ledger, version in zip(ledgers, versions, strict=True):
        ledger.current = version
    Ledger.objects.bulk_update(ledgers, ["current"])


def _write_returns(book: Book, since: date, seed: int) -> int:
    """A few figures of the townships, by their sources; how many they were."""
    cycle = book.people.cycle
    sources = {str(unit.name): unit for unit in ledger_queries.bodies_of(cycle)}
    units = _units_of(cycle)
    ledgers, versions, figures = [], [], []
    for source, figure, measure, low, high, block in RETURNS:
        by = book.people.lead_of(sources[source])
        for place, part in enumerate(PERIODS):
            period = f"{cycle.year}{part}"
            ledgers.append(Ledger(cycle=cycle, kind=LedgerKind.RETURNS, body=sources[source], period=period))
            named = [unit for unit in units[block] if unit.pk != sources[source].pk]
            moment = since + timedelta(days=60 * (place + 1))
            versions.append(
                LedgerVersion(
                    number=1,
                    state=VersionState.STANDING,
                    by=by.user,
                    at=min(datetime.combine(moment, time(15, 20), SHANGHAI), timezone.now()),
                    line_count=len(named),
                )
            )
            luck = random.Random(f"{seed}:returns:{figure}:{period}")  # noqa: S311 -- figures to look at, not secrets
            share = 4 if not part and measure != "%" else 1
            figures.append(
                [
                    (unit, figure, Decimal(round(luck.uniform(low, high) * 10) * share) / 10, measure)
                    for unit in named
                ]
            )
    ledgers = Ledger.objects.bulk_create(ledgers)
    for ledger, version in zip(ledgers, versions, strict=True):
        version.ledger = ledger
    _store(ledgers, versions)
    rows = [
        ReturnLine(version=version, position=n, unit=unit, figure=figure, value=value, measure=measure)
        for version, values in zip(versions, figures, strict=True)
        for n, (unit, figure, value, measure) in enumerate(values)
    ]
    ReturnLine.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _units_of(cycle: Cycle) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for block in cycle.blocks.all():
        members: Iterable[Unit] = Unit.objects.filter(memberships__block=block).order_by("order", "pk")
        found[block.name] = list(members)
    return found
