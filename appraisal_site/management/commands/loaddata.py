"""loaddata with the care a shipped plan needs: never over a year that holds a score, places computed at the end.

Reading and saving the fixture stay Django's.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializedObject
from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from scoring.models import Score
from units.models import Block, Cycle
from units.signals import announce_stale, once_per_block


class Command(loaddata.Command):
    """`loaddata plan_2012` lays the shipped plan down: its rules, its units, empty standings."""

    as_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print a report on standard output"
        )

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.cycle_codes: list[str] = []
        as_json = options.pop("as_json", False)
        if as_json:
            options["verbosity"] = 0
        with transaction.atomic():
            with once_per_block():
                super().handle(*fixture_labels, **options)
                for block in Block.objects.filter(cycle__code__in=self.cycle_codes):
                    announce_stale(block.pk)
            for cycle in Cycle.objects.filter(code__in=self.cycle_codes).order_by("code"):
                audit.record(
                    None, "fixture.loaded", cycle, cycle_code=cycle.code, fixtures=list(fixture_labels)
                )
        if as_json:
            self.stdout.write(json.dumps({"objects": self.loaded_object_count, "cycles": self.cycle_codes}))

    def save_obj(self, obj: DeserializedObject) -> bool:
        if isinstance(obj.object, Cycle):
            refuse_over_scores(obj.object.code)
            self.cycle_codes.append(obj.object.code)
        return bool(super().save_obj(obj))


def refuse_over_scores(code: str) -> None:
    """Raise CommandError when the year already holds a score: its rules may no longer be replaced."""
    count = Score.objects.filter(cell__block__cycle__code=code).count()
    if count:
        raise CommandError(
            _(
                "%(code)s already holds %(count)d scores, so the plan was not loaded over it and nothing was changed. Use a new cycle, or change its rules on the page of the plan."
            )
            % {"code": code, "count": count}
        )
