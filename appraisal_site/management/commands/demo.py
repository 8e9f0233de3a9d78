"""`demo`: a fictional, filled year to look at, with an account for every role.

The making is in appraisal_site.demo; this is its door on the command line.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from appraisal_site.demo import password, year
from office.refusal import Refused
from units.models import STAGE_LABELS
from units.stages import Stage

PRELIMINARY, APPROVED = "preliminary-review", "approved"


class Command(BaseCommand):
    help = "Load the 2012 plan and fill the year with fictional people and figures; the same seed, the same figures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, help="draws the figures (1 for a new demo year)")
        parser.add_argument("--stage", choices=[PRELIMINARY, APPROVED], default=PRELIMINARY)
        parser.add_argument(
            "--only-this-year",
            action="store_true",
            help="leave out 2011, the year before with its sealed and filed edition (quicker)",
        )
        parser.add_argument(
            "--accounts", action="store_true", help="only print the accounts of the demo year that is there"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print a report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.get("as_json", False)
        try:
            if options["accounts"]:
                if not year.is_there():
                    raise Refused("no-demo", _("There is no demo year here; “manage.py demo” makes one."))
                self._write({"accounts": accounts(), "password": password.kept()}, as_json, account_lines())
                return
            made = year.make(
                options["seed"],
                complete=options["stage"] == APPROVED,
                with_last_year=not options["only_this_year"],
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        report = {**asdict(made), "people": accounts(), "password": password.kept()}
        self._write(report, as_json, [*year_lines(made), "", *account_lines()])

    def _write(self, report: dict[str, Any], as_json: bool, lines: list[str]) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False) if as_json else "\n".join(lines))


def year_lines(made: year.Made) -> list[str]:
    figures = {
        "code": made.cycle,
        "seed": made.seed,
        "stage": STAGE_LABELS[Stage(made.stage)],
        "cells": made.cells,
        "scores": sum(made.scores.values()),
        "not_involved": made.not_involved,
        "missing": made.missing,
        "proposed": made.proposed,
        "accounts": made.accounts,
    }
    first = (
        _("The demo year %(code)s (seed %(seed)d) is at the stage “%(stage)s”; all of it is fictional.")
        if made.is_new
        else _(
            "The demo year %(code)s (seed %(seed)d, stage “%(stage)s”) was there already; nothing was changed."
        )
    )
    return [
        first % figures,
        *last_year_lines(made),
        _(
            "%(cells)d cells, %(scores)d scores, %(not_involved)d not involved, %(missing)d missing "
            "(%(proposed)d of them proposed as not involved), %(accounts)d accounts."
        )
        % figures,
    ]


def last_year_lines(made: year.Made) -> list[str]:
    """What became of the year before."""
    if not made.last_year:
        return []
    if made.waits:
        return [
            _("The year before, %(code)s, is approved; its edition waits: %(why)s")
            % {"code": made.last_year, "why": made.waits}
        ]
    return [
        _("The year before, %(code)s, is published, its prizes divided, and filed.")
        % {"code": made.last_year}
    ]


def accounts() -> list[tuple[str, str]]:
    """Role and its accounts, as printed."""
    return [
        (_("appraisal office"), "office1, office2"),
        (_("leading group (leader1 is its head)"), "leader1, leader2"),
        (_("city leader"), "mayor"),
        (_("review teams"), "reviewer1 … reviewer8"),
        (_("lead and helper bodies, each its own"), "lead_信访局, lead_财政局, lead_市委组织部 …"),
        (_("units' officials, each its own"), "official_青山乡, official_市委办 …"),
        (_("units' principals, each its own"), "principal_青山乡, principal_市委办 …"),
        (_("organization department (filing)"), "archive"),
        (_("system, security and audit administrators"), "sysadmin, secadmin, auditor"),
    ]


def account_lines() -> list[str]:
    kept = password.kept()
    rows = accounts()
    widest = max(_width(role) for role, _names in rows)
    told = (
        _("One password for all of them: %(password)s") % {"password": kept}
        if kept
        else _(
            "The file var/demo_password is gone, so the password cannot be shown; “manage.py changepassword office1” sets a new one for one account."
        )
    )
    return [
        _("Accounts of the demo year:"),
        *(f"  {role}{' ' * (widest - _width(role))}  {names}" for role, names in rows),
        told,
    ]


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
