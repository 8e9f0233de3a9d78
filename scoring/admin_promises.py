"""Promises, their rounds, progress and coverage in /admin/: to look at only; they are written on their pages.

Registered when scoring.admin is loaded.
"""

from __future__ import annotations

from django.contrib import admin

from scoring.models import (
    Commitment,
    CommitmentRound,
    CoverageLine,
    CoverageReturn,
    Goal,
    ProgressLine,
    ProgressReport,
    ReportTerm,
)
from units.administration import Records


@admin.register(Commitment)
class CommitmentRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "cycle", "state", "first_signed_at", "changed_by", "changed_at", "version")
    list_filter = ("cycle", "state")
    list_select_related = ("unit", "cycle", "changed_by")
    search_fields = ("unit__name",)


@admin.register(Goal)
class GoalRecords(Records):
    cycle_path = "commitment__cycle"
    list_display = ("text", "unit", "measure", "target", "due", "sub_item")
    list_filter = ("commitment__cycle", "commitment__state", "due")
    list_select_related = ("commitment__unit", "sub_item")
    search_fields = ("text", "commitment__unit__name", "support")

    @admin.display(description=Commitment._meta.get_field("unit").verbose_name)
    def unit(self, row: Goal) -> str:
        return str(row.commitment.unit.name)


@admin.register(CommitmentRound)
class CommitmentRoundRecords(Records):
    cycle_path = "commitment__cycle"
    list_display = ("commitment", "number", "signed_by", "signed_at", "verdict", "decided_by", "words")
    list_filter = ("commitment__cycle", "verdict")
    list_select_related = ("commitment__unit", "commitment__cycle", "signed_by", "decided_by")
    search_fields = ("commitment__unit__name", "words", "sha256")


@admin.register(ProgressReport)
class ProgressReportRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "cycle", "quarter", "handed_in_at", "written_by", "version")
    list_filter = ("cycle", "quarter")
    list_select_related = ("unit", "cycle", "written_by")
    search_fields = ("unit__name", "summary")


@admin.register(ReportTerm)
class ReportTermRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "quarter", "due_on")
    list_filter = ("cycle",)
    list_select_related = ("cycle",)
    search_fields = ("cycle__code",)


@admin.register(CoverageReturn)
class CoverageReturnRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "cycle", "number", "filed_by", "filed_at")
    list_filter = ("cycle",)
    list_select_related = ("unit", "cycle", "filed_by")
    search_fields = ("unit__name", "note")


@admin.register(ProgressLine)
class ProgressLineRecords(Records):
    cycle_path = "report__cycle"
    list_display = ("report", "goal", "percent", "words")
    list_filter = ("report__cycle", "report__quarter")
    list_select_related = ("report__unit", "goal")
    search_fields = ("report__unit__name", "goal__text", "words")


@admin.register(CoverageLine)
class CoverageLineRecords(Records):
    cycle_path = "coverage__cycle"
    list_display = ("coverage", "below", "due", "committed", "appraised")
    list_filter = ("coverage__cycle", "below")
    list_select_related = ("coverage__unit",)
    search_fields = ("coverage__unit__name",)
