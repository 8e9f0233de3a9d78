"""`remind`: what a timer runs each morning: inbox and mail three days before, the day before, and when overdue.

A second run on the same day says nothing twice. When what is said is told by appraisal_site.reminding.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site import reminding
from office.refusal import Refused
from units.actions import reminders
from units.models import Cycle


class Command(BaseCommand):
    help = "Remind everybody of what is due in three days, tomorrow, or overdue: by inbox and by mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", default="", help="code of the year; without it every year under way")
        parser.add_argument(
            "--dry-run", action="store_true", help="say who would be reminded, change nothing"
        )
        parser.add_argument("--json", action="store_true", help="a report on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            cycles = self._cycles(options["cycle"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        report = [self._remind(cycle, dry_run=options["dry_run"]) for cycle in cycles]
        if options["json"]:
            self.stdout.write(json.dumps({"years": report}, ensure_ascii=False))
        else:
            for year in report:
                self.stdout.write(
                    _(
                        "%(year)s: %(count)d reminders, %(people)d notices, %(mails)d mails, %(left)d left out."
                    )
                    % {
                        "year": year["cycle"],
                        "count": len(year["reminders"]),
                        "people": year["notices"],
                        "mails": year["mails"]["sent"],
                        "left": len(year["left_out"]),
                    }
                )
        failed = [line for year in report for line in year["mails"]["failed"]]
        if failed:
            raise CommandError(
                _("Not mailed, will be tried again: %(who)s") % {"who": "；".join(failed[:5])}, returncode=1
            )

    def _cycles(self, code: str) -> list[Cycle]:
        if not code:
            return list(reminding.years_to_remind())
        cycle = Cycle.objects.filter(code=code).first()
        if cycle is None:
            raise Refused("not-found", _("There is no year “%(code)s”.") % {"code": code})
        if not reminding.years_to_remind().filter(pk=cycle.pk).exists():
            raise Refused("over", _("%(code)s is over; nobody is reminded of it.") % {"code": code})
        return [cycle]

    def _remind(self, cycle: Cycle, *, dry_run: bool) -> dict[str, Any]:
        now = timezone.now()
        nudges = reminding.nudges_due(cycle, now)
        report: dict[str, Any] = {
            "cycle": cycle.code,
            "dry_run": dry_run,
            "reminders": [],
            "left_out": [],
            "notices": 0,
            "mails": {"sent": 0, "without_address": 0, "failed": []},
        }
        if dry_run:
            report["reminders"] = [
                {"unit": one.unit.name, "task": one.duty.task, "why": str(one.why), "text": one.text}
                for one in nudges
            ]
            return report
        outcome = reminders.remind(by=None, cycle=cycle, nudges=nudges, day=timezone.localdate(now))
        mailed = reminding.send_mails(cycle, now)
        report |= {
            "reminders": [
                {"unit": one.unit.name, "task": one.task, "why": one.why, "text": one.text}
                for one in outcome.done
            ],
            "left_out": [
                {"unit": nudge.unit.name, "task": nudge.duty.task, "why": sentence}
                for nudge, sentence in outcome.left_out
            ],
            "by_reason": dict(Counter(str(one.why) for one in outcome.done)),
            "notices": sum(one.told for one in outcome.done),
            "mails": {
                "sent": mailed.sent,
                "without_address": mailed.without_address,
                "failed": mailed.failed,
            },
        }
        return report
