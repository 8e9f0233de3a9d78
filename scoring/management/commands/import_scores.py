"""import_scores: takes a score sheet in, or says what it would change.

The work is scoring.actions.imports'; permissions and stages hold as in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from scoring.actions import imports
from scoring.management.importing import ImportCommand, Report
from scoring.models import BatchState, ScoreKind
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle


class Command(ImportCommand):
    help = "Take a score sheet in (contract: score sheet): all of the file or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--cycle", required=True, help="the cycle's code, such as 2012")
        parser.add_argument("--stage", required=True, choices=[str(kind) for kind in ScoreKind])
        parser.add_argument("--confirmed-by", help="another person of the office, who confirms 不涉及")

    def run(self, path: Path, options: dict[str, Any]) -> Report:
        cycle = Cycle.objects.select_related("host").filter(code=options["cycle"]).first()
        if cycle is None:
            raise CommandError(_("There is no year “%(code)s”.") % {"code": options["cycle"]}, returncode=2)
        kind = ScoreKind(options["stage"])
        user = self.account(options["by"])
        second_user = self.account(options["confirmed_by"]) if options["confirmed_by"] else None
        by = imports.hat_to_score(user, kind, cycle)
        second = hat_for(second_user, Role.OFFICE, cycle) if second_user is not None else None
        if second is not None:
            imports.require_confirmer(by, second)
        return (self._try if options["dry_run"] else self._take)(path, by, second, cycle, kind)

    @staticmethod
    def _try(path: Path, by: Hat, second: Hat | None, cycle: Cycle, kind: ScoreKind) -> Report:
        imports.require_open(by, cycle, kind)
        _frame, plan = imports.look(path, by=by, cycle=cycle, kind=kind, name=path.name, confirmed_by=second)
        return plan.report.as_dict()

    @staticmethod
    def _take(path: Path, by: Hat, second: Hat | None, cycle: Cycle, kind: ScoreKind) -> Report:
        with path.open("rb") as handle:
            chunks: Iterator[bytes] = iter(lambda: handle.read(65536), b"")
            batch = imports.hand_in(
                by=by, cycle=cycle, kind=kind, chunks=chunks, name=path.name, size=path.stat().st_size
            )
        imports.read_in(batch, by, confirmed_by=second)
        if batch.state == BatchState.PREVIEW:
            imports.confirm(by=by, cycle=cycle, batch_id=batch.pk, confirmed_by=second)
        return batch.report
