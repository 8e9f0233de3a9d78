"""What every command that takes a workbook in shares: who acts, for which year, and how the report is said.

The work is the app's own action; permissions and stages hold as in the browser.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from office.models import User
from office.refusal import Refused
from office.workbook.report import file_problem
from units.models import Cycle

Report = dict[str, Any]
KEYS = ("accepted", "changed", "errors", "warnings")  # of the report, a promise (contract: commands)


class ImportCommand(BaseCommand):
    """Exit code 0 with the report, 1 with problems of the workbook, 2 where the call itself is wrong."""

    cycle_required: ClassVar[bool] = True  # False where the workbook itself says the year
    file_help: ClassVar[str] = "the workbook, .xlsx or .xls"
    second_option: ClassVar[str] = ""  # names the person who confirms, where the form knows one
    second_help: ClassVar[str] = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help=self.file_help)
        parser.add_argument("--cycle", required=self.cycle_required, help="the cycle's code, such as 2012")
        parser.add_argument("--by", required=True, help="the account that acts")
        if self.second_option:
            parser.add_argument(f"--{self.second_option}", dest="second", help=self.second_help)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print a report on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path}, returncode=2)
        cycle = self.find_cycle(options["cycle"])
        user = account(options["by"])
        second = account(options["second"]) if options.get("second") else None
        try:
            report = self.run(path, user, second, cycle, options)
        except Refused as refusal:
            report = {"accepted": 0, "changed": 0, "errors": [file_problem(refusal)], "warnings": []}
        self._say({key: report[key] for key in KEYS}, path.name, as_json=options["as_json"])

    def find_cycle(self, code: str | None) -> Cycle:
        cycle = Cycle.objects.select_related("host").filter(code=code).first()
        if cycle is None:
            raise CommandError(_("There is no year “%(code)s”.") % {"code": code}, returncode=2)
        return cycle

    def run(
        self, path: Path, user: User, second: User | None, cycle: Cycle, options: dict[str, Any]
    ) -> Report:
        """Read the workbook and, but for --dry-run, take it in.  Raises Refused."""
        raise NotImplementedError

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


def account(name: str) -> User:
    user: User | None = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no account “%(name)s”.") % {"name": name}, returncode=2)
    return user


def _where(problem: dict[str, Any]) -> str:
    return f"{problem['sheet']}!{problem['cell']}" if problem["cell"] else str(problem["sheet"])
