"""import_adjustments: takes a list of adjustments in, alone or in a zip with its papers.

The work is bonuses.actions.lists'; permissions and stages hold as in the browser.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from bonuses.actions import lists
from bonuses.models import BatchState
from office.models import User
from office.refusal import Refused
from units.hats import Hat, hat_for, hat_that_may
from units.matrix import Role
from units.models import Cycle
from units.permissions import require_second

Report = dict[str, Any]
KEYS = ("accepted", "changed", "errors", "warnings")


class Command(BaseCommand):
    help = "Take a list of adjustments in (contract: adjustment list): all of the file or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the workbook, or a zip that carries it with its papers")
        parser.add_argument("--cycle", required=True, help="the cycle's code, such as 2012")
        parser.add_argument("--by", required=True, help="the account that acts")
        parser.add_argument("--verified-by", help="another person of the office, so that the papers count")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print a report on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path}, returncode=2)
        cycle = Cycle.objects.select_related("host").filter(code=options["cycle"]).first()
        if cycle is None:
            raise CommandError(_("There is no year “%(code)s”.") % {"code": options["cycle"]}, returncode=2)
        user = self._account(options["by"])
        second_user = self._account(options["verified_by"]) if options["verified_by"] else None
        try:
            by = hat_that_may(user, "F01", cycle)
            second = hat_for(second_user, Role.OFFICE, cycle) if second_user is not None else None
            if second is not None:
                require_second(by.user.pk, second)
            run = self._try if options["dry_run"] else self._take
            report = run(path, by, second, cycle)
        except Refused as refusal:
            report = {"accepted": 0, "changed": 0, "errors": [lists.file_problem(refusal)], "warnings": []}
        self._say({key: report[key] for key in KEYS}, path.name, as_json=options["as_json"])

    @staticmethod
    def _account(name: str) -> User:
        user: User | None = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no account “%(name)s”.") % {"name": name}, returncode=2)
        return user

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

    def _say(self, report: Report, name: str, *, as_json: bool) -> None:
        """The report on standard output; with errors their sentences on standard error and exit code 1."""
        if as_json:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            for problem in report["warnings"]:
                self.stdout.write(
                    _("Warning: %(where)s %(message)s")
                    % {"where": _where(problem), "message": problem["message"]}
                )
            if not report["errors"]:
                self.stdout.write(
                    _("%(file)s: %(rows)d rows, %(changes)d changes.")
                    % {"file": name, "rows": report["accepted"], "changes": report["changed"]}
                )
        if report["errors"]:
            lines = [f"{_where(problem)} {problem['message']}".strip() for problem in report["errors"]]
            raise CommandError("\n".join([_("Nothing was changed."), *lines]))


def _where(problem: dict[str, Any]) -> str:
    return f"{problem['sheet']}!{problem['cell']}" if problem["cell"] else str(problem["sheet"])
