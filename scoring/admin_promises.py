"""Promises, progress, coverage and detailed rules in /admin/: to look at only; they are written on their pages.

Registered when scoring.admin is loaded.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from scoring.models import (
    Commitment,
    CommitmentRound,
    CoverageLine,
    CoverageReturn,
    DetailedRule,
    Goal,
    ProgressLine,
    ProgressReport,
    ReportTerm,
    RuleBook,
    RuleIndicator,
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


@admin.register(DetailedRule)
class DetailedRuleRecords(Records):
    cycle_path = "sub_item__item__block__cycle"
    list_display = ("sub_item", "block", "number", "state", "written_by", "filed_at", "decided_by")
    list_filter = ("sub_item__item__block__cycle", "state", "sub_item__item__block")
    list_select_related = ("sub_item__item__block", "written_by", "decided_by")
    search_fields = ("sub_item__name", "text", "words")

    @admin.display(description=gettext_lazy("block"))
    def block(self, row: DetailedRule) -> str:
        return str(row.sub_item.item.block.name)


@admin.register(RuleIndicator)
class RuleIndicatorRecords(Records):
    cycle_path = "rule__sub_item__item__block__cycle"
    list_display = ("name", "rule", "base_points", "rule_text")
    list_filter = ("rule__sub_item__item__block__cycle", "rule__state")
    list_select_related = ("rule__sub_item",)
    search_fields = ("name", "rule_text", "rule__sub_item__name")


@admin.register(RuleBook)
class RuleBookRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "number", "issued_by", "issued_at", "sha256")
    list_filter = ("cycle",)
    list_select_related = ("cycle", "issued_by")
    search_fields = ("cycle__code", "sha256")
