"""import_adjustments: takes a list of adjustments in, alone or in a zip with its papers.

The work is bonuses.actions.lists'; what every such command shares is in units.import_command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bonuses.actions import lists
from bonuses.models import BatchState
from office.models import User
from units.hats import Hat, hat_for, hat_that_may
from units.import_command import ImportCommand, Report
from units.matrix import Role
from units.models import Cycle
from units.permissions import require_second


class Command(ImportCommand):
    help = "Take a list of adjustments in (contract: adjustment list): all of the file or nothing."
    file_help = "the workbook, or a zip that carries it with its papers"
    second_option = "verified-by"
    second_help = "another person of the office, so that the papers count"

    def run(
        self, path: Path, user: User, second: User | None, cycle: Cycle, options: dict[str, Any]
    ) -> Report:
        by = hat_that_may(user, "F01", cycle)
        verifier = hat_for(second, Role.OFFICE, cycle) if second is not None else None
        if verifier is not None:
            require_second(by.user.pk, verifier)
        act = self._try if options["dry_run"] else self._take
        return act(path, by, verifier, cycle)

    @staticmethod
    def _try(path: Path, by: Hat, second: Hat | None, cycle: Cycle) -> Report:
        lists.require_open(by, cycle)
        _frame, looked = lists.look(path, by=by, cycle=cycle, name=path.name, verified_by=second)
        return looked.made.report.as_dict()

    @staticmethod
    def _take(path: Path, by: Hat, second: Hat | None, cycle: Cycle) -> Report:
        with path.open("rb") as handle:
            batch = lists.hand_in(
                by=by,
                cycle=cycle,
                chunks=iter(lambda: handle.read(65536), b""),
                name=path.name,
                size=path.stat().st_size,
            )
        lists.read_in(batch, by, verified_by=second)
        if batch.state == BatchState.PREVIEW:
            batch = lists.take_in(by=by, cycle=cycle, batch_id=batch.pk, verified_by=second)
        report: Report = batch.report
        return report
