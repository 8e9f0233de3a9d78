"""`check_cycle`: every invariant of a year's stored rows and of the log's chain.

What must be true is written in the apps' tables: office, units, bonuses, scoring, awards .invariants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

import awards.invariants
import awards.money_invariants
import awards.rule_invariants
import bonuses.invariants
import office.invariants
import scoring.appeal_invariants
import scoring.invariants
import scoring.ledger_invariants
import scoring.promise_invariants
import scoring.review_invariants
import scoring.trial_invariants
import units.invariants
from office.invariants import Breach, Invariant
from units.models import Cycle

TABLES = (
    office.invariants.TABLE,
    units.invariants.TABLE,
    bonuses.invariants.TABLE,
    scoring.invariants.TABLE,
    scoring.ledger_invariants.TABLE,
    scoring.promise_invariants.TABLE,
    scoring.appeal_invariants.TABLE,
    scoring.review_invariants.TABLE,
    scoring.trial_invariants.TABLE,
    awards.invariants.TABLE,
    awards.rule_invariants.TABLE,
)
MOST_NAMED = 100  # rows named per invariant


def invariants() -> Iterator[Invariant]:
    for table in TABLES:
        yield from table.rows


def breaches_of(invariant: Invariant, cycle_code: str) -> list[Breach]:
    """The rows that break it now and on a second look: somebody may be saving while we read."""
    found = list(islice(invariant.find(cycle_code), MOST_NAMED))
    if not found:
        return []
    again = set(invariant.find(cycle_code))
    return [breach for breach in found if breach in again]


class Command(BaseCommand):
    help = "Check everything that must be true of a year's stored rows, and the log's chain; exit 1 names the row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cycle", help="the cycle's code, e.g. 2012")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print a report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["cycle"]
        if not Cycle.objects.filter(code=code).exists():
            raise CommandError(_("There is no year “%(code)s”.") % {"code": code})
        checked = list(invariants())
        found = [(invariant, breach) for invariant in checked for breach in breaches_of(invariant, code)]
        if options["as_json"]:
            report = {
                "cycle": code,
                "checked": [{"code": row.code, "sentence": str(row.sentence)} for row in checked],
                "breaches": [
                    {
                        "code": row.code,
                        "sentence": str(row.sentence),
                        "row": breach.row,
                        "detail": breach.detail,
                    }
                    for row, breach in found
                ],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        elif not found:
            self.stdout.write(
                _("%(code)s: %(count)d invariants hold.") % {"code": code, "count": len(checked)}
            )
        if found:
            lines = [f"{row.code}  {breach.row}  {breach.detail}  ({row.sentence})" for row, breach in found]
            broken = len({row.code for row, _breach in found})
            raise CommandError(
                _("%(code)s: %(broken)d of %(count)d invariants do not hold:")
                % {"code": code, "broken": broken, "count": len(checked)}
                + "\n"
                + "\n".join(lines)
            )
