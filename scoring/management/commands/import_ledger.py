"""import_ledger: takes a quarterly ledger in, or says what it would change.

The work is scoring.actions.ledgers'; what every such command shares is in units.import_command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from office.models import User
from scoring.actions import batches, ledgers
from scoring.models import BatchState
from units.hats import Hat
from units.import_command import ImportCommand, Report
from units.models import Cycle


class Command(ImportCommand):
    help = "Take a quarterly ledger in (contract: 季度台账): all of the file or nothing."
    cycle_required = False

    def find_cycle(self, code: str | None) -> Cycle:
        """The year named; without one the only year that takes ledgers now, else the newest."""
        if code:
            return super().find_cycle(code)
        cycles = list(Cycle.objects.select_related("host").order_by("-year", "code"))
        takes = [cycle for cycle in cycles if cycle.stage_now in ledgers.OPEN]
        if len(takes) > 1:
            codes = "、".join(cycle.code for cycle in takes)
            raise CommandError(
                _("Several years take ledgers now (%(codes)s); please name one with --cycle.")
                % {"codes": codes},
                returncode=2,
            )
        if not cycles:
            raise CommandError(_("There is no year yet."), returncode=2)
        return (takes or cycles)[0]

    def run(
        self, path: Path, user: User, second: User | None, cycle: Cycle, options: dict[str, Any]
    ) -> Report:
        by = ledgers.hat_to_write(user, cycle)
        return (self._try if options["dry_run"] else self._take)(path, by, cycle)

    @staticmethod
    def _try(path: Path, by: Hat, cycle: Cycle) -> Report:
        ledgers.require_open(by, cycle)
        return ledgers.look(path, by=by, cycle=cycle, name=path.name).reading.report.as_dict()

    @staticmethod
    def _take(path: Path, by: Hat, cycle: Cycle) -> Report:
        with path.open("rb") as handle:
            batch = ledgers.hand_in(
                by=by,
                cycle=cycle,
                chunks=iter(lambda: handle.read(65536), b""),
                name=path.name,
                size=path.stat().st_size,
            )
        batches.read_in(batch, by)
        if batch.state == BatchState.PREVIEW:
            batches.confirm(by=by, cycle=cycle, batch_id=batch.pk)
        report: Report = batch.report
        return report
