"""import_scores: takes a score sheet in, or says what it would change.

The work is scoring.actions.imports'; permissions and stages hold as in the browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from office.models import User
from office.refusal import Refused
from scoring.actions import imports
from scoring.models import BatchState, ScoreKind
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle

Report = dict[str, Any]


class Command(BaseCommand):
    help = "Take a score sheet in (contract: score sheet): all of the file or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the workbook, .xlsx or .xls")
        parser.add_argument("--cycle", required=True, help="the cycle's code, such as 2012")
        parser.add_argument("--stage", required=True, choices=[str(kind) for kind in ScoreKind])
        parser.add_argument("--by", required=True, help="the account that acts")
        parser.add_argument("--confirmed-by", help="another person of the office, who confirms 不涉及")
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
        kind = ScoreKind(options["stage"])
        user = self._account(options["by"])
        second_user = self._account(options["confirmed_by"]) if options["confirmed_by"] else None
        as_json: bool = options["as_json"]
        try:
            by = imports.hat_to_score(user, kind, cycle)
            second = hat_for(second_user, Role.OFFICE, cycle) if second_user is not None else None
            if second is not None:
                imports.require_confirmer(by, second)
            run = self._try if options["dry_run"] else self._take
            report = run(path, by, second, cycle, kind)
        except Refused as refusal:
            report = {"accepted": 0, "changed": 0, "errors": [imports.file_problem(refusal)], "warnings": []}
        self._say(report, path.name, as_json=as_json)

    @staticmethod
    def _account(name: str) -> User:
        user: User | None = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no account “%(name)s”.") % {"name": name}, returncode=2)
        return user

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
        return {key: batch.report[key] for key in ("accepted", "changed", "errors", "warnings")}

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
