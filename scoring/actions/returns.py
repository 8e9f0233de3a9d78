"""Statistical returns (统计数据) taken in or typed: figures of units, by source and period.

What the sheet says is judged in scoring.workbooks.returns; how a version comes to stand is in versions.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import orjson
from django.utils.translation import gettext as _

from office import audit, files
from office.fields import STORED_PLACES, format_points
from office.refusal import Refused
from office.workbook.guard import Source
from scoring import import_queries
from scoring.actions import batches, ledgers, versions
from scoring.models import (
    ImportBatch,
    Ledger,
    LedgerKind,
    LedgerPart,
    LedgerVersion,
    ReturnLine,
    ScoreKind,
)
from scoring.workbooks.frame import Frame
from scoring.workbooks.returns import (
    Figure,
    Place,
    ReturnsPlan,
    ReturnsReading,
    Standing,
    compare,
    period_name,
    read_returns,
)
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Unit

KIND: Final = "returns"
ROW: Final = "C07"


def target_of(cycle: Cycle) -> str:
    return f"{KIND}/{cycle.code}"


def require_open(by: Hat, cycle: Cycle) -> None:
    ledgers.require_open(by, cycle, ROW)


def hand_in(*, by: Hat, cycle: Cycle, chunks: Iterable[bytes], name: str, size: int = 0) -> ImportBatch:
    """Keep returns as they came; see batches.hand_in."""
    return batches.hand_in(
        by=by, cycle=cycle, kind=KIND, target=target_of(cycle), chunks=chunks, name=name, size=size
    )


def look(
    source: Source, *, by: Hat, cycle: Cycle, name: str
) -> tuple[Frame, ReturnsReading, ReturnsPlan | None]:
    """What returns would do, without keeping anything; raises Refused when it is no readable workbook."""
    may = ledgers.may_write(by, cycle, ROW)
    frame = import_queries.frame_of(cycle, ScoreKind.LEAD, by, may=may)
    own = by.unit_id if by.role is Role.LEAD else None
    reading = read_returns(source, frame, may.about_unit, own_source=own, file_name=name)
    if not reading.report.is_clean:
        return frame, reading, None
    return frame, reading, compare(reading, standing(cycle, reading.lines))


def standing(cycle: Cycle, places: Iterable[Place]) -> dict[Place, Standing]:
    """What stands for each source and period; two queries."""
    wanted = set(places)
    rows = Ledger.objects.filter(
        cycle=cycle,
        kind=LedgerKind.RETURNS,
        body__in={body for body, _period in wanted},
        period__in={period for _body, period in wanted},
    )
    found = {
        (row.body_id, row.period): Standing(row.current_id or 0)
        for row in rows
        if (row.body_id, row.period) in wanted
    }
    by_version: dict[int, list[Figure]] = {each.version: [] for each in found.values() if each.version}
    for version, unit, figure, value, measure in ReturnLine.objects.filter(
        version__in=by_version
    ).values_list("version_id", "unit_id", "figure", "value", "measure"):
        by_version[version].append(Figure(unit, figure, int(value.scaleb(STORED_PLACES)), measure))
    for each in found.values():
        each.lines = by_version.get(each.version, [])
    return found


def _read(batch: ImportBatch, by: Hat, tell: batches.Tell) -> batches.Reading:
    tell(30, _("is being read"))
    path = files.path_of(batch.file.sha256)
    frame, reading, plan = look(path, by=by, cycle=batch.cycle, name=batch.file.name)
    report = reading.report.as_dict() | {"unknown": batches.unknown_names(reading.unknown, frame.units.find)}
    if plan is None:
        return batches.Reading(report, reading.signed)
    bodies = dict.fromkeys(frame.unit_names[body] for body, _period in plan.lines)
    report |= {
        "head": {
            "body": "、".join(bodies),
            "periods": "、".join(
                dict.fromkeys(period_name(period) for _body, period in sorted(plan.lines, key=str))
            ),
        },
        "counts": {
            "added": plan.added,
            "changed": plan.changed,
            "removed": plan.removed,
            "unchanged": plan.unchanged,
        },
        "changes": plan.changes,
    }
    content = [
        [body, period, plan.seen[body, period], [list(line) for line in lines]]
        for (body, period), lines in plan.lines.items()
    ]
    return batches.Reading(report, reading.signed, zlib.compress(orjson.dumps(content), 1))


def _take(batch: ImportBatch, content: bytes, plan_sha256: str, by: Hat, tell: batches.Tell) -> None:
    cycle = batch.cycle
    may = ledgers.may_write(by, cycle, ROW)
    new: list[versions.NewVersion] = []
    for body, period, seen, raw in orjson.loads(zlib.decompress(content)):
        ledgers.require_body(by, body)
        figures = [Figure(*line) for line in raw]
        for unit in {figure.unit for figure in figures}:
            refusal = may.about_unit(unit)
            if refusal is not None:
                raise refusal
        new.append(_version(body, period, seen, figures))

    def under_lock(at: datetime, written: list[LedgerVersion]) -> None:
        cycle.refresh_from_db(fields=["stage"])
        require_open(by, cycle)
        batches.mark_committed(batch, at)
        audit.record(
            by,
            "returns.imported",
            batch,
            cycle_code=cycle.code,
            file=batch.file.name,
            sha256=batch.file_sha256,
            plan_sha256=plan_sha256,
            accepted=batch.report.get("accepted", 0),
            counts=batch.report.get("counts", {}),
            versions=[version.pk for version in written],
        )

    versions.put_in_force(by=by, cycle=cycle, new=new, under_lock=under_lock, batch=batch, tell=tell)


def _version(body: int, period: str, seen: int, figures: Iterable[Figure]) -> versions.NewVersion:
    lines = [
        ReturnLine(
            position=position,
            unit_id=figure.unit,
            figure=figure.figure,
            value=Decimal(figure.value).scaleb(-STORED_PLACES),
            measure=figure.measure,
        )
        for position, figure in enumerate(figures)
    ]
    return versions.NewVersion(LedgerKind.RETURNS, body, period, LedgerPart.OWN, seen, lines)


def enter(
    *,
    by: Hat,
    cycle: Cycle,
    source: Unit,
    period: str,
    seen: int,
    figure: str,
    measure: str,
    values: Mapping[int, Decimal | None],
) -> LedgerVersion:
    """Type one figure of many units: None takes a unit's value away; everything else of the period stays.

    Raises Refused: not permitted, stage closed, no figure or measure, or changed since `seen` (409).
    """
    ledgers.require_body(by, source.pk)
    require_open(by, cycle)
    figure, measure = " ".join(figure.split())[:100], measure.strip()[:20]
    if not figure or not measure:
        raise Refused("no-figure", _("Please name the figure and its unit of measure."), status=422)
    may = ledgers.may_write(by, cycle, ROW)
    for unit in values:
        refusal = may.about_unit(unit)
        if refusal is not None:
            raise refusal
    before = standing(cycle, [(source.pk, period)]).get((source.pk, period), Standing())
    if before.version != seen:
        raise versions.changed_meanwhile(
            Ledger.objects.select_related("body", "current__by").get(
                cycle=cycle, kind=LedgerKind.RETURNS, body=source, period=period
            )
        )
    kept = [line for line in before.lines if not (line.figure == figure and line.unit in values)]
    new = [
        Figure(unit, figure, int(value.scaleb(STORED_PLACES)), measure)
        for unit, value in values.items()
        if value is not None
    ]

    def under_lock(at: datetime, written: list[LedgerVersion]) -> None:
        audit.record(
            by,
            "returns.entered",
            written[0],
            cycle_code=cycle.code,
            body=source.name,
            period=period,
            figure=figure,
            values=[[unit, None if v is None else format_points(v)] for unit, v in values.items()],
        )

    (made,) = versions.put_in_force(
        by=by,
        cycle=cycle,
        new=[_version(source.pk, period, seen, [*kept, *new])],
        under_lock=under_lock,
    )
    return made


def _require_open_batch(by: Hat, batch: ImportBatch) -> None:
    require_open(by, batch.cycle)


batches.register(KIND, batches.Importer(_require_open_batch, _read, _take))
