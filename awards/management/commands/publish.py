"""`publish CODE`: seals the next edition of a year and writes its files to a folder.

The same acts as on the page of editions, done at once by the two persons named.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from awards import queries
from awards.actions import publication
from awards.models import Edition
from office import files
from office.models import User
from office.refusal import Refused
from units.hats import Hat, hat_that_may
from units.models import Cycle


def person(name: str, row: str, cycle: Cycle) -> Hat:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused("no-such-user", _("There is no account “%(name)s”.") % {"name": name})
    return hat_that_may(user, row, cycle)


def write_folder(found: Edition, folder: Path) -> list[str]:
    """Every file of a sealed edition, all or none; returns their names."""
    names = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".edition-") as made:
            for row in found.files.select_related("file"):
                (Path(made) / row.name).write_bytes(files.read(row.file))
                names.append(row.name)
            if folder.exists():
                folder.rmdir()
            shutil.copytree(made, folder)
    except OSError as error:
        raise Refused(
            "folder",
            _("Edition %(number)d is sealed, but %(folder)s could not be written: %(why)s.")
            % {"number": found.number, "folder": folder, "why": error.strerror or str(error)},
        ) from error
    return names


class Command(BaseCommand):
    help = "Seal the next edition of a year: edition.json, PDFs, live workbook, verifier and manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cycle", help="code of the year, such as 2012")
        parser.add_argument("--by", required=True, help="account of the person who publishes")
        parser.add_argument("--confirmed-by", required=True, help="account of the second person")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new or empty folder")
        parser.add_argument("--reason", default="", help="why the edition before is superseded")
        parser.add_argument("--document-number", default="", help="文号, once one was given")
        parser.add_argument("--json", action="store_true", dest="as_json", help="a report on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["out"]
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise Refused("folder-in-use", _("%(folder)s is not an empty folder.") % {"folder": folder})
            found = self._publish(options)
            names = write_folder(found, folder)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        if options["as_json"]:
            report = {
                "cycle": options["cycle"],
                "number": found.number,
                "digest": found.digest,
                "code": found.code,
                "folder": str(folder),
                "files": names,
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        self.stdout.write(
            _("Edition %(number)d of %(cycle)s is published; code %(code)s, %(count)d files in %(folder)s.")
            % {
                "number": found.number,
                "cycle": options["cycle"],
                "code": found.code,
                "count": len(names),
                "folder": folder,
            }
        )

    def _publish(self, options: dict[str, Any]) -> Edition:
        cycle = Cycle.objects.select_related("host").filter(code=options["cycle"]).first()
        if cycle is None:
            raise Refused("not-found", _("There is no year “%(code)s”.") % {"code": options["cycle"]})
        row = "I04" if queries.newest(cycle) is None else "I05"
        by = person(options["by"], row, cycle)
        second = person(options["confirmed_by"], row, cycle)
        asked = queries.under_way(cycle)
        if asked is None or asked.asked_by_id != by.user.pk:
            asked = publication.ask_publication(
                by=by,
                cycle=cycle,
                reason=options["reason"],
                document_number=options["document_number"],
            )
        try:
            asked = publication.confirm_publication(by=second, edition_id=asked.pk, start_job=False)
        except Refused:
            publication.withdraw_publication(by=by, edition_id=asked.pk)
            raise
        return publication.seal(asked, second)
