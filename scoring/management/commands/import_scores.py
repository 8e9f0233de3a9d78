"""import_scores: takes a score sheet in, or says what it would change.

The work is scoring.actions.imports'; what every such command shares is in units.import_command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from office.models import User
from scoring.actions import imports
from scoring.models import BatchState, ScoreKind
from units.hats import Hat, hat_for
from units.import_command import ImportCommand, Report
from units.matrix import Role
from units.models import Cycle


class Command(ImportCommand):
    help = "Take a score sheet in (contract: score sheet): all of the file or nothing."
    second_option = "confirmed-by"
    second_help = "another person of the office, who confirms 不涉及"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--stage", required=True, choices=[str(kind) for kind in ScoreKind])

    def run(
        self, path: Path, user: User, second: User | None, cycle: Cycle, options: dict[str, Any]
    ) -> Report:
        kind = ScoreKind(options["stage"])
        by = imports.hat_to_score(user, kind, cycle)
        confirmer = hat_for(second, Role.OFFICE, cycle) if second is not None else None
        if confirmer is not None:
            imports.require_confirmer(by, confirmer)
        act = self._try if options["dry_run"] else self._take
        return act(path, by, confirmer, cycle, kind)

    @staticmethod
    def _try(path: Path, by: Hat, second: Hat | None, cycle: Cycle, kind: ScoreKind) -> Report:
        imports.require_open(by, cycle, kind)
        _frame, plan = imports.look(path, by=by, cycle=cycle, kind=kind, name=path.name, confirmed_by=second)
        return plan.report.as_dict()

    @staticmethod
    def _take(path: Path, by: Hat, second: Hat | None, cycle: Cycle, kind: ScoreKind) -> Report:
        with path.open("rb") as handle:
            batch = imports.hand_in(
                by=by,
                cycle=cycle,
                kind=kind,
                chunks=iter(lambda: handle.read(65536), b""),
                name=path.name,
                size=path.stat().st_size,
            )
        imports.read_in(batch, by, confirmed_by=second)
        if batch.state == BatchState.PREVIEW:
            imports.confirm(by=by, cycle=cycle, batch_id=batch.pk, confirmed_by=second)
        report: Report = batch.report
        return report
