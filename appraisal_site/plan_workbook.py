"""The plan workbook: gathers the sheets that each app reads and writes; preview, then taking over.

What a sheet means is said by units, scoring, bonuses and awards; this file knows their order only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import workbooks as awards
from bonuses import workbooks as bonuses
from office import audit, files
from office.models import StoredFile
from office.refusal import Refused
from office.workbook.difference import Change, Lines, differences
from office.workbook.header import TableSpec
from office.workbook.reader import Table, Workbook, read_workbook
from office.workbook.report import ImportReport
from office.workbook.writer import SheetOut, write_workbook
from scoring.models import BatchState, ImportBatch
from scoring.workbooks import plan as rules
from units import workbooks as units
from units.actions.cycles import begin_cycle
from units.hats import Hat
from units.models import Cycle
from units.permissions import require
from units.signals import once_per_block
from units.workbooks import PlanDraft

KIND = "plan"
SPECS: tuple[TableSpec, ...] = (*units.SPECS, rules.SPEC, *bonuses.SPECS, awards.SPEC)
Stored = Callable[[Cycle | None], Lines]
Out = Callable[[Lines], SheetOut]
Store = Callable[[Cycle, Lines], None]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet as this file needs it; 方案 is stored from the draft and so has no `store`."""

    spec: TableSpec
    stored: Stored
    out: Out
    store: Store | None = None

    @property
    def name(self) -> str:
        return self.spec.name


# In the order in which they are written, compared and stored: what a sheet names stands on one before it.
SHEETS: tuple[_Sheet, ...] = (
    _Sheet(units.SCHEME_SPEC, units.scheme_lines, units.scheme_out),
    _Sheet(units.BLOCKS_SPEC, units.block_lines, units.blocks_out, units.store_blocks),
    _Sheet(units.UNITS_SPEC, units.unit_lines, units.units_out, units.store_units),
    _Sheet(rules.SPEC, rules.rule_lines, rules.rules_out, rules.store_rules),
    _Sheet(bonuses.TARIFF_SPEC, bonuses.tariff_lines, bonuses.tariff_out, bonuses.store_tariff),
    _Sheet(bonuses.POOLS_SPEC, bonuses.pool_lines, bonuses.pools_out, bonuses.store_pools),
    _Sheet(bonuses.ISSUERS_SPEC, bonuses.issuer_lines, bonuses.issuers_out, bonuses.store_issuers),
    _Sheet(awards.SPEC, awards.award_lines, awards.awards_out, awards.store_awards),
)


@dataclass(slots=True)
class Preview:
    """What a workbook would do.  `cycle` None: it lays down a new one of `draft.code`."""

    cycle: Cycle | None
    draft: PlanDraft
    report: ImportReport
    lines: dict[str, Lines] = field(default_factory=dict)  # by sheet, only those the workbook has
    changes: list[Change] = field(default_factory=list)

    @property
    def target(self) -> str:
        return f"{KIND}:{self.draft.code}"

    @property
    def digest(self) -> str:
        """Of the changes: what was looked at must be what is taken over."""
        text = json.dumps([[c.sheet, c.kind, c.key, c.field, c.before, c.after] for c in self.changes])
        return hashlib.sha256(text.encode()).hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """Sheet → how many lines are added, changed, removed and moved."""
        counted: dict[str, dict[str, int]] = {name: {} for name in self.lines}
        seen: set[tuple[str, str, tuple[str, ...]]] = set()
        for change in self.changes:
            if (change.sheet, change.kind, change.key) not in seen:
                seen.add((change.sheet, change.kind, change.key))
                of_sheet = counted[change.sheet]
                of_sheet[change.kind] = of_sheet.get(change.kind, 0) + 1
        return counted


def export(cycle: Cycle) -> bytes:
    """The whole plan of a cycle as a workbook; read back it is no difference."""
    sheets = [sheet.out(sheet.stored(cycle)) for sheet in SHEETS]
    return write_workbook(sheets, {"kind": KIND, "cycle": cycle.code})


def read(source: bytes | Path, file_name: str) -> Workbook:
    """The workbook's tables.  Outside any transaction; raises Refused for what is no readable workbook."""
    return read_workbook(source, SPECS, file_name=file_name)


def cycle_named(book: Workbook) -> Cycle | None:
    """The cycle whose code (or year) stands on the sheet 方案, if there is one."""
    draft = PlanDraft()
    units.read_scheme(book.tables.get(units.SCHEME), draft, ImportReport(), None)
    return Cycle.objects.filter(code=draft.code).first() if draft.code else None


def examine(book: Workbook, cycle: Cycle | None) -> Preview:
    """Compare the workbook with what is stored; writes nothing."""
    report = book.report()
    held = rules.held_by_scores(cycle)
    draft = PlanDraft(scored_memberships=held.memberships, has_scores=held.any)
    before = {sheet.name: sheet.stored(cycle) for sheet in SHEETS}
    preview = Preview(cycle, draft, report)
    for name, lines in _read_sheets(book.tables, draft, report, cycle, before, held).items():
        if lines is not None and name in book.tables:
            preview.lines[name] = lines
            columns = next(units.titles(sheet.spec) for sheet in SHEETS if sheet.name == name)
            preview.changes += differences(name, before[name], lines, columns)
    if report.is_clean:
        report.accepted = sum(len(lines) for lines in preview.lines.values())
        report.changed = sum(sum(of_sheet.values()) for of_sheet in preview.counts().values())
    return preview


def _read_sheets(
    tables: Mapping[str, Table],
    draft: PlanDraft,
    report: ImportReport,
    cycle: Cycle | None,
    before: Mapping[str, Lines],
    held: rules.Held,
) -> dict[str, Lines | None]:
    lines: dict[str, Lines | None] = {}
    lines[units.SCHEME] = units.read_scheme(tables.get(units.SCHEME), draft, report, cycle)
    lines[units.BLOCKS] = units.read_blocks(tables.get(units.BLOCKS), draft, report, before[units.BLOCKS])
    lines[units.UNITS] = units.read_units(tables.get(units.UNITS), draft, report, before[units.UNITS])
    if units.UNITS in tables:
        units.check_host(tables.get(units.SCHEME), draft, report)
        units.name_host(lines[units.SCHEME] or {}, draft)
    lines[rules.RULES] = rules.read_rules(tables.get(rules.RULES), draft, report, before[rules.RULES], held)
    lines[bonuses.TARIFF] = bonuses.read_tariff(tables.get(bonuses.TARIFF), draft, report)
    if lines[bonuses.TARIFF] is None:
        draft.levels |= {key[1] for key in before[bonuses.TARIFF]}
    lines[bonuses.POOLS] = bonuses.read_pools(tables.get(bonuses.POOLS), draft, report)
    lines[bonuses.ISSUERS] = bonuses.read_issuers(tables.get(bonuses.ISSUERS), draft, report)
    lines[awards.AWARDS] = awards.read_awards(tables.get(awards.AWARDS), draft, report)
    return lines


def preview(source: bytes | Path, file_name: str, *, by: Hat, cycle: Cycle | None = None) -> Preview:
    """What the file would do to `cycle`, or to the cycle it names, or that it lays down a new one.

    Raises Refused: the file is no workbook, row B02 is denied, set-up is over, or it was taken over before.
    """
    book = read(source, file_name)
    target = cycle or cycle_named(book)
    require("B02", by, target)
    looked_at = examine(book, target)
    content = source.read_bytes() if isinstance(source, Path) else source
    refuse_same_bytes(looked_at.target, hashlib.sha256(content).hexdigest(), file_name)
    return looked_at


def refuse_same_bytes(target: str, sha256: str, file_name: str) -> None:
    earlier = (
        ImportBatch.objects.filter(target=target, file_sha256=sha256, state=BatchState.COMMITTED)
        .select_related("by")
        .first()
    )
    if earlier is not None:
        raise Refused(
            "already-imported",
            _(
                "%(file)s was already taken over on %(when)s by %(by)s; nothing was changed. To change the plan, fetch its workbook, edit it and send that."
            )
            % {
                "file": file_name,
                "when": timezone.localtime(earlier.committed_at or earlier.at).strftime("%Y-%m-%d %H:%M"),
                "by": str(earlier.by),
            },
        )


def take_over(*, by: Hat, stored: StoredFile, cycle: Cycle | None = None, seen: str = "") -> ImportBatch:
    """Make the plan what the workbook says, in one transaction, with one entry in the log.

    `seen` is the digest of the preview that was confirmed. Raises Refused, and then nothing is changed: errors
    in the workbook, set-up is over, the same bytes were taken over before, or the plan changed since `seen`.
    """
    book = read(files.read(stored), stored.name)
    target = cycle or cycle_named(book)
    with transaction.atomic():
        if target is not None:
            target = Cycle.objects.select_for_update().get(pk=target.pk)
        require("B02", by, target)
        looked_at = examine(book, target)
        refuse_same_bytes(looked_at.target, stored.sha256, stored.name)
        refuse_errors(looked_at.report, stored.name)
        if seen and seen != looked_at.digest:
            raise Refused(
                "changed-meanwhile",
                _(
                    "The plan was changed since you looked at %(file)s. Look at the new preview, then take it over."
                )
                % {"file": stored.name},
            )
        with once_per_block():
            changed = _store(looked_at, by)
        batch = ImportBatch.objects.create(
            cycle=changed,
            kind=KIND,
            target=looked_at.target,
            file=stored,
            file_sha256=stored.sha256,
            state=BatchState.COMMITTED,
            by=by.user,
            committed_at=timezone.now(),
            report=looked_at.report.as_dict() | {"counts": looked_at.counts()},
        )
        audit.record(
            by,
            "plan.imported",
            batch,
            cycle_code=changed.code,
            file=stored.name,
            sha256=stored.sha256,
            counts=looked_at.counts(),
            is_new=target is None,
        )
    return batch


def refuse_errors(report: ImportReport, file_name: str) -> None:
    if report.errors:
        raise Refused(
            "errors-in-file",
            _("%(file)s has %(count)d errors, so nothing was changed. The first: %(first)s")
            % {"file": file_name, "count": len(report.errors), "first": report.errors[0].message},
            status=422,
            values={"report": report.as_dict()},
        )


def _store(looked_at: Preview, by: Hat) -> Cycle:
    draft = looked_at.draft
    cycle = looked_at.cycle
    if cycle is None:
        kind = str(draft.units[(draft.host,)].values["kind"])
        cycle = begin_cycle(
            by=by,
            code=draft.code,
            name=draft.name,
            year=draft.year,
            host=draft.host,
            host_kind=kind,
            rounding=draft.rounding,
        )
    changed_sheets = {change.sheet for change in looked_at.changes}
    try:
        for sheet in SHEETS:
            if sheet.store is not None and sheet.name in changed_sheets:
                sheet.store(cycle, looked_at.lines[sheet.name])
    except ProtectedError as error:
        held = "、".join(sorted({str(row) for row in error.protected_objects})[:3])
        raise Refused(
            "still-needed",
            _("A row that was left out is still needed by: %(held)s. Put the row back; nothing was changed.")
            % {"held": held},
        ) from error
    if units.SCHEME in changed_sheets:
        units.store_scheme(cycle, draft)
    return cycle


def keep_refused(*, by: Hat, stored: StoredFile, looked_at: Preview) -> ImportBatch | None:
    """Note in the history that a file with errors was handed in; nothing for a cycle that is not there yet."""
    if looked_at.cycle is None:
        return None
    return ImportBatch.objects.create(
        cycle=looked_at.cycle,
        kind=KIND,
        target=looked_at.target,
        file=stored,
        file_sha256=stored.sha256,
        state=BatchState.REFUSED,
        by=by.user,
        report=looked_at.report.as_dict(),
    )


def as_json(looked_at: Preview) -> dict[str, Any]:
    """The contract's report, with the counts by sheet beside it."""
    return looked_at.report.as_dict() | {"cycle": looked_at.draft.code, "counts": looked_at.counts()}
