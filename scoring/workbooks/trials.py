"""A trial and variants side by side as workbooks; every title says 测算稿.

They are to be read and passed on, never to be imported.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from office.fields import from_units
from office.ports import Move
from office.workbook.writer import ColumnOut, SheetOut, Value
from scoring import words_of_trials as words
from scoring.engine.causes import Comparison
from scoring.trial_bench import Bench
from scoring.trial_queries import Trial, TrialBlock
from scoring.trial_steps import Step


def trial_sheets(
    year: Bench, steps: Sequence[Step], trial: Trial, awards: Sequence[Move], name: str = ""
) -> list[SheetOut]:
    """The changes, the awards that would move, then a sheet per block that any of them touches."""
    called = name or _("unsaved")
    out = [_steps_sheet(year, [(called, steps, trial)]), _awards_sheet(year, [(called, awards)])]
    return out + [_block_sheet(year, one) for one in trial.blocks if one.is_touched]


def _steps_sheet(year: Bench, runs: Sequence[tuple[str, Sequence[Step], Trial]]) -> SheetOut:
    rows: list[list[Value]] = []
    for name, steps, trial in runs:
        for number, step in enumerate(steps, 1):
            said = _("no longer there, left out") if step in trial.lost else words.say(year, step)
            rows.append([name, number, said])
    return SheetOut(
        name=_("Changes"),
        title=_title(year, _("Changes")),
        columns=[ColumnOut(_("Variant")), ColumnOut(_("Number"), "whole"), ColumnOut(_("Change"), width=70)],
        rows=rows,
        spare_rows=0,
    )


def _awards_sheet(year: Bench, runs: Sequence[tuple[str, Sequence[Move]]]) -> SheetOut:
    """Award by award, who would gain or lose it; without a row no award moves."""
    return SheetOut(
        name=_("Awards that move"),
        title=_title(year, _("Awards that move")),
        columns=[
            ColumnOut(_("Variant")),
            ColumnOut(_("Award"), width=40),
            ColumnOut(_("Unit")),
            ColumnOut(_("today")),
            ColumnOut(_("trial")),
        ],
        rows=[
            [name, move.where, move.unit, words.award_words(move.before), words.award_words(move.after)]
            for name, moves in runs
            for move in moves
        ],
        spare_rows=0,
    )


def _title(year: Bench, what: str) -> str:
    return f"{year.cycle.code} {what} · {_('TRIAL, not the official result')}"


def _block_sheet(year: Bench, one: TrialBlock) -> SheetOut:
    places = year.places

    def row(c: Comparison) -> list[Value]:
        return [
            c.after.rank,
            c.unit,
            from_units(c.after.final, places),
            c.before.rank,
            from_units(c.before.final, places),
            c.before.rank - c.after.rank,
            from_units(c.after.final - c.before.final, places),
            "" if c.after.eligible else _("no award"),
            "；".join(words.reasons(c, places)) if c.moves else "",
        ]

    return SheetOut(
        name=one.block.name,
        title=_title(year, one.block.name),
        columns=[
            ColumnOut(_("Place in the trial"), "whole"),
            ColumnOut(_("Unit")),
            ColumnOut(_("Final score in the trial"), "number", places),
            ColumnOut(_("Place today"), "whole"),
            ColumnOut(_("Final score today"), "number", places),
            ColumnOut(_("Places gained"), "whole"),
            ColumnOut(_("Points gained"), "number", places),
            ColumnOut(_("Remark")),
            ColumnOut(_("Why"), width=80),
        ],
        rows=[row(c) for c in one.by_place],
        frozen_columns=2,
        spare_rows=0,
    )


def comparison_sheets(
    year: Bench,
    runs: Sequence[tuple[str, Sequence[Step], Trial]],
    awards: Sequence[tuple[str, Sequence[Move]]],
) -> list[SheetOut]:
    """The changes of each variant and the awards it moves, then a sheet per block with today and every variant in columns."""
    places = year.places
    out = [_steps_sheet(year, runs), _awards_sheet(year, awards)]
    for block in year.blocks:
        found = [{c.unit_key: c for c in trial.block(block.pk).comparisons} for _name, _steps, trial in runs]
        if not any(trial.block(block.pk).is_touched for _name, _steps, trial in runs):
            continue
        columns = [
            ColumnOut(_("Unit")),
            ColumnOut(_("Place today"), "whole"),
            ColumnOut(_("Final score today"), "number", places),
        ]
        for name, _steps, _trial in runs:
            columns.append(ColumnOut(_("%(name)s: place") % {"name": name}, "whole"))
            columns.append(ColumnOut(_("%(name)s: final score") % {"name": name}, "number", places))
        rows: list[list[Value]] = []
        for one in sorted(found[0].values(), key=lambda c: (c.before.rank, c.order)):
            row: list[Value] = [one.unit, one.before.rank, from_units(one.before.final, places)]
            for by_unit in found:
                after = by_unit[one.unit_key].after
                row += [after.rank, from_units(after.final, places)]
            rows.append(row)
        out.append(
            SheetOut(
                name=block.name,
                title=_title(year, block.name),
                columns=columns,
                rows=rows,
                frozen_columns=1,
                spare_rows=0,
            )
        )
    return out
