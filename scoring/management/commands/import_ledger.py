"""import_ledger: takes a quarterly ledger in, or says what it would change.

The work is scoring.actions.ledgers'; permissions and stages hold as in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring.actions import batches, ledgers
from scoring.management.importing import ImportCommand, Report
from scoring.models import BatchState
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Cycle
from units.permissions import grant_of


class Command(ImportCommand):
    help = "Take a quarterly ledger in (contract: 季度台账): all of the file or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--cycle", help="the cycle's code; needed only when several years are open at once"
        )

    def run(self, path: Path, options: dict[str, Any]) -> Report:
        user = self.account(options["by"])
        cycle = self._cycle(options["cycle"])
        hats = [hat for hat in hats_of(user) if hat.fits(cycle)]
        if not hats:
            raise Refused(
                "no-role", _("%(user)s holds no role in this cycle.") % {"user": str(user)}, status=403
            )
        # Who both leads and works in the office writes as the body first: that is the narrower right.
        by = min(hats, key=lambda hat: (grant_of("C03", hat).is_denied, hat.role is not Role.LEAD))
        return (self._try if options["dry_run"] else self._take)(path, by, cycle)

    @staticmethod
    def _cycle(code: str | None) -> Cycle:
        cycles = Cycle.objects.select_related("host").order_by("-year", "code")
        if code:
            found = cycles.filter(code=code).first()
            if found is None:
                raise CommandError(_("There is no year “%(code)s”.") % {"code": code}, returncode=2)
            return found
        open_now = [c for c in cycles if c.stage_now in ledgers.OPEN]
        chosen = open_now if open_now else list(cycles)
        if not chosen:
            raise CommandError(_("There is no year yet."), returncode=2)
        if len(open_now) > 1:
            codes = "、".join(each.code for each in open_now)
            raise CommandError(
                _("Several years take ledgers now (%(codes)s); please name one with --cycle.")
                % {"codes": codes},
                returncode=2,
            )
        return chosen[0]

    @staticmethod
    def _try(path: Path, by: Hat, cycle: Cycle) -> Report:
        ledgers.require_open(by, cycle)
        return ledgers.look(path, by=by, cycle=cycle, name=path.name).reading.report.as_dict()

    @staticmethod
    def _take(path: Path, by: Hat, cycle: Cycle) -> Report:
        with path.open("rb") as handle:
            chunks: Iterator[bytes] = iter(lambda: handle.read(65536), b"")
            batch = ledgers.hand_in(
                by=by, cycle=cycle, chunks=chunks, name=path.name, size=path.stat().st_size
            )
        batches.read_in(batch, by)
        if batch.state == BatchState.PREVIEW:
            batches.confirm(by=by, cycle=cycle, batch_id=batch.pk)
        return batch.report
