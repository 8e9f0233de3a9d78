"""`move_cycle CODE STAGE`: moves a year on through one or several stages, listing and signing every lack.

What lacks before a stage is told by appraisal_site.procedure.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from appraisal_site import procedure
from office.models import User
from office.refusal import Refused
from units.actions import cycle as cycle_actions
from units.hats import hat_that_may
from units.models import STAGE_LABELS, Cycle
from units.permissions import require
from units.stages import Stage


class Command(BaseCommand):
    help = "Move a year on to STAGE; every lack it passes is listed and signed with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cycle", help="code of the year, such as 2012")
        parser.add_argument("stage", choices=[str(s) for s in Stage], metavar="STAGE")
        parser.add_argument("--by", required=True, help="account of the acting person")
        parser.add_argument("--reason", default="", help="why the year moves on without what lacks")
        parser.add_argument("--dry-run", action="store_true", help="list the lacks and change nothing")
        parser.add_argument("--json", action="store_true", help="a report on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        report: dict[str, Any] = {}
        try:
            report = self._move(options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        for step in report["steps"]:
            for lack in step["lacks"]:
                self.stdout.write(f"{step['label']}: {lack['sentence']}")
        done = _("would stand at") if options["dry_run"] else _("stands at")
        self.stdout.write(f"{report['cycle']} {done} “{STAGE_LABELS[Stage(report['stage'])]}”")

    def _move(self, options: dict[str, Any]) -> dict[str, Any]:
        user = User.objects.filter(username=options["by"]).first()
        if user is None:
            raise Refused("no-such-user", _("There is no account “%(name)s”.") % {"name": options["by"]})
        cycle = Cycle.objects.filter(code=options["cycle"]).first()
        if cycle is None:
            raise Refused("not-found", _("There is no year “%(code)s”.") % {"code": options["cycle"]})
        by = hat_that_may(user, "B06", cycle)
        require("B06", by, cycle)
        steps = []
        # All or nothing: a lack that may not be signed away at the third stage leaves the year where it was.
        with transaction.atomic():
            for stage in procedure.steps_to(cycle, Stage(options["stage"])):
                lacks = procedure.lacks_before(cycle, stage)
                steps.append(
                    {
                        "stage": str(stage),
                        "label": str(STAGE_LABELS[stage]),
                        "lacks": [
                            {"code": lack.code, "sentence": lack.text, "signable": lack.signable}
                            for lack in lacks
                        ],
                    }
                )
                if options["dry_run"]:
                    continue
                cycle = cycle_actions.move_cycle(
                    by=by, cycle=cycle, stage=stage, lacks=lacks, reason=options["reason"]
                )
        return {
            "cycle": cycle.code,
            "stage": options["stage"],
            "dry_run": options["dry_run"],
            "reason": options["reason"],
            "steps": steps,
        }
