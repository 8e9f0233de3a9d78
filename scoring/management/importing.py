"""What the commands that take workbooks in have in common: their options, their report, their exit.

Which rows become what is each command's own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from office.models import User
from office.refusal import Refused
from scoring.actions.batches import file_problem

Report = dict[str, Any]
CONTRACT = ("accepted", "changed", "errors", "warnings")


class ImportCommand(BaseCommand):
    """A command that takes one workbook in.  Exit 0 done, 1 refused with reasons on stderr, 2 wrong usage."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the workbook, .xlsx or .xls")
        parser.add_argument("--by", required=True, help="the account that acts")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print a report on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path}, returncode=2)
        try:
            report = self.run(path, options)
        except Refused as refusal:
            report = {"accepted": 0, "changed": 0, "errors": [file_problem(refusal)], "warnings": []}
        self._say({key: report[key] for key in CONTRACT}, path.name, as_json=options["as_json"])

    def run(self, path: Path, options: dict[str, Any]) -> Report:
        """Take the workbook in, or only look at it; the contract's report."""
        raise NotImplementedError

    @staticmethod
    def account(name: str) -> User:
        user: User | None = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no account “%(name)s”.") % {"name": name}, returncode=2)
        return user

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
