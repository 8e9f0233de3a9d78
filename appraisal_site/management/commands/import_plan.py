"""import_plan: takes a plan workbook over, or says what it would change.

The work is appraisal_site.plan_workbook's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from appraisal_site import plan_workbook
from office import files
from office.models import User
from office.refusal import Refused
from units.hats import Hat, hat_that_may


class Command(BaseCommand):
    help = "Take a plan workbook over (contract: plan workbook); in set-up only."

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
        user = User.objects.filter(username=options["by"]).first()
        if user is None:
            raise CommandError(_("There is no account “%(name)s”.") % {"name": options["by"]}, returncode=2)
        try:
            self._run(path, hat_that_may(user, "B02"), dry_run=options["dry_run"], as_json=options["as_json"])
        except Refused as refusal:
            if options["as_json"]:
                problem = {"sheet": "", "cell": "", "row": None, "column": "", "value": path.name}
                problem |= {"code": refusal.code, "message": refusal.sentence}
                self.stdout.write(
                    json.dumps(
                        {"accepted": 0, "changed": 0, "errors": [problem], "warnings": []}, ensure_ascii=False
                    )
                )
            raise CommandError(str(refusal)) from refusal

    def _run(self, path: Path, by: Hat, *, dry_run: bool, as_json: bool) -> None:
        looked_at = plan_workbook.preview(path, path.name, by=by)
        report = looked_at.report
        if as_json:
            self.stdout.write(json.dumps(plan_workbook.as_json(looked_at), ensure_ascii=False))
        for problem in report.warnings if not as_json else ():
            self.stdout.write(
                _("Warning: %(where)s %(message)s")
                % {"where": f"{problem.sheet}!{problem.cell}", "message": problem.message}
            )
        if report.errors:
            lines = [f"{p.sheet}!{p.cell} {p.message}" for p in report.errors]
            raise CommandError("\n".join([_("Nothing was changed."), *lines]))
        if not dry_run:
            with path.open("rb") as handle:
                stored = files.store(iter(lambda: handle.read(65536), b""), path.name, by.user)
            plan_workbook.take_over(by=by, stored=stored, seen=looked_at.digest)
        if not as_json:
            self.stdout.write(
                _("%(code)s: %(rows)d rows, %(changes)d changes.")
                % {"code": looked_at.draft.code, "rows": report.accepted, "changes": report.changed}
            )
