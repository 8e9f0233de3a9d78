"""`verify_edition DIR`: recomputes every number of an edition and every digest from its files alone.

Needs no database; the same checks travel inside the edition as verify.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from awards import edition


class Command(BaseCommand):
    help = "Verify an edition's folder: every number recomputed, every digest compared; exit 1 names what was altered."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="the folder written by publish")
        parser.add_argument("--code", default="", help="the code printed on the paper at hand")
        parser.add_argument("--json", action="store_true", dest="as_json", help="a report on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(_("%(folder)s is not a folder.") % {"folder": folder}, returncode=2)
        altered = edition.verify(folder, options["code"])
        if options["as_json"]:
            report = {
                "folder": str(folder),
                "intact": not altered,
                "altered": [
                    {"file": a.file, "where": a.where, "stated": a.stated, "found": a.found} for a in altered
                ],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        elif not altered:
            self.stdout.write(_("The edition is intact: every digest and every recomputed figure agrees."))
        if altered:
            lines = [
                _("%(file)s %(where)s: states %(stated)s, found %(found)s")
                % {"file": a.file, "where": a.where, "stated": a.stated, "found": a.found}
                for a in altered
            ]
            raise CommandError(
                _("%(count)d places of the edition were altered:") % {"count": len(altered)}
                + "\n"
                + "\n".join(lines),
                returncode=1,
            )
