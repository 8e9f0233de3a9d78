"""Awards and their prizes in /admin/; drafts, approvals, editions, winners and money to look at only.

What all records share is in units.administration.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from awards.models import (
    Approval,
    Award,
    AwardList,
    AwardScheme,
    Division,
    DivisionShare,
    Draft,
    Edition,
    EditionFile,
    Filing,
    Hearing,
    Individual,
    ItemMapping,
    Nomination,
    PrizeChange,
    PrizeLine,
    ReadingRuling,
    RuleChange,
    SingleAppraisal,
    TieRuling,
)
from units.actions import setup
from units.admin import ADD, CHANGE, DELETE, stored
from units.administration import Records
from units.hats import Hat


@admin.register(AwardScheme)
class AwardSchemeRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "cycle"
    list_display = ("name", "kind", "cycle", "order")
    list_filter = ("cycle", "kind")
    search_fields = ("name",)
    filter_horizontal = ("blocks",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cycle",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        lists = {"blocks": list(values.pop("blocks", []))}
        scheme = stored(AwardScheme, row) or AwardScheme()
        return setup.save_row(by=by, cycle=row.cycle, row=scheme, values=values, lists=lists)

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_row(by=by, cycle=row.cycle, row=row)


@admin.register(PrizeLine)
class PrizeLineRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "scheme__cycle"
    list_display = ("scheme", "grade", "count", "amount_fen")
    list_filter = ("scheme__cycle", "scheme__kind")
    list_select_related = ("scheme",)
    search_fields = ("scheme__name", "grade")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("scheme",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return setup.save_row(
            by=by, cycle=row.scheme.cycle, row=stored(PrizeLine, row) or PrizeLine(), values=values
        )

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_row(by=by, cycle=row.scheme.cycle, row=row)


@admin.register(Draft)
class DraftRecords(Records):
    cycle_path = "cycle"
    list_display = ("code", "cycle", "scope", "purpose", "made_by", "made_at", "voided_at")
    list_filter = ("cycle", "purpose", "scope")
    list_select_related = ("cycle", "made_by")
    search_fields = ("digest", "scope", "void_reason")
    exclude = ("content",)  # the page of the draft shows it in words


@admin.register(Hearing)
class HearingRecords(Records):
    cycle_path = "draft__cycle"
    list_display = ("draft", "is_released", "reason", "by", "at")
    list_filter = ("draft__cycle", "is_released")
    list_select_related = ("draft__cycle", "by")
    search_fields = ("draft__digest", "reason")


@admin.register(Approval)
class ApprovalRecords(Records):
    cycle_path = "draft__cycle"
    list_display = ("draft", "way", "first_by", "first_at", "second_by", "second_at", "met_on")
    list_filter = ("draft__cycle", "way")
    list_select_related = ("draft__cycle", "first_by", "second_by")
    search_fields = ("draft__digest", "chair", "present", "reason")


@admin.register(ReadingRuling)
class ReadingRulingRecords(Records):
    cycle_path = "reading__cycle"
    list_display = ("reading", "choice", "state", "first_by", "first_at", "second_by", "second_at")
    list_filter = ("reading__cycle", "state", "reading__code")
    list_select_related = ("reading", "first_by", "second_by")
    search_fields = ("reading__code", "choice", "reason")


@admin.register(AwardList)
class AwardListRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "number", "state", "proposed_by", "first_by", "second_by", "second_at")
    list_filter = ("cycle", "state")
    list_select_related = ("cycle", "proposed_by", "first_by", "second_by")
    search_fields = ("digest", "reason", "chair")


@admin.register(Award)
class AwardRecords(Records):
    cycle_path = "award_list__cycle"
    list_display = ("scheme", "grade", "place", "membership", "amount_fen", "is_held", "award_list")
    list_filter = ("award_list__cycle", "award_list__state", "scheme", "is_held")
    list_select_related = ("scheme", "membership__unit", "membership__block", "award_list__cycle")
    search_fields = ("scheme__name", "grade", "membership__unit__name", "departure")


@admin.register(TieRuling)
class TieRulingRecords(Records):
    cycle_path = "scheme__cycle"
    list_display = ("scheme", "how", "names", "reason", "by", "at")
    list_filter = ("scheme__cycle", "how")
    list_select_related = ("scheme", "by")
    search_fields = ("scheme__name", "names", "reason")


@admin.register(Individual)
class IndividualRecords(Records):
    cycle_path = "prize__scheme__cycle"
    list_display = ("name", "unit", "post", "prize", "by", "at")
    list_filter = ("prize__scheme__cycle", "prize__grade")
    list_select_related = ("unit", "prize__scheme", "by")
    search_fields = ("name", "unit__name", "post", "merit")


@admin.register(Nomination)
class NominationRecords(Records):
    cycle_path = "scheme__cycle"
    list_display = ("scheme", "body", "rank", "membership", "by", "at")
    list_filter = ("scheme__cycle", "scheme")
    list_select_related = ("scheme", "body", "membership__unit", "membership__block", "by")
    search_fields = ("scheme__name", "body__name", "membership__unit__name", "reason")


@admin.register(Division)
class DivisionRecords(Records):
    cycle_path = "award__award_list__cycle"
    list_display = ("award", "version", "by", "at", "reason")
    list_filter = ("award__award_list__cycle", "award__scheme")
    list_select_related = ("award__scheme", "award__membership__unit", "by")
    search_fields = ("award__membership__unit__name", "award__scheme__name", "reason")


@admin.register(DivisionShare)
class DivisionShareRecords(Records):
    cycle_path = "division__award__award_list__cycle"
    list_display = ("person", "post", "is_head", "amount_fen", "division")
    list_filter = ("division__award__award_list__cycle", "is_head")
    list_select_related = ("division__award__scheme", "division__award__membership__unit")
    search_fields = ("person", "post", "division__award__membership__unit__name")


@admin.register(PrizeChange)
class PrizeChangeRecords(Records):
    cycle_path = "award__award_list__cycle"
    list_display = (
        "award",
        "before_fen",
        "after_fen",
        "asked_by",
        "confirmed_by",
        "confirmed_at",
        "is_dropped",
    )
    list_filter = ("award__award_list__cycle", "is_dropped")
    list_select_related = ("award__scheme", "award__membership__unit", "asked_by", "confirmed_by")
    search_fields = ("award__membership__unit__name", "award__scheme__name", "reason")


@admin.register(Edition)
class EditionRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "number", "code", "asked_by", "confirmed_by", "sealed_at", "is_open")
    list_filter = ("cycle", "is_open")
    list_select_related = ("cycle", "asked_by", "confirmed_by")
    search_fields = ("digest", "code", "reason", "document_number")


@admin.register(EditionFile)
class EditionFileRecords(Records):
    cycle_path = "edition__cycle"
    list_display = ("name", "title", "kind", "edition", "file")
    list_filter = ("edition__cycle", "kind")
    list_select_related = ("edition__cycle", "file")
    search_fields = ("name", "title", "file__sha256")


@admin.register(RuleChange)
class RuleChangeRecords(Records):
    cycle_path = "cycle"
    list_display = ("kind", "number", "state", "reason", "first_by", "second_by", "second_at")
    list_filter = ("cycle", "kind", "state")
    list_select_related = ("first_by", "second_by")
    search_fields = ("reason", "wording")


@admin.register(SingleAppraisal)
class SingleAppraisalRecords(Records):
    cycle_path = "cycle"
    list_display = ("project", "applicant", "paper_number", "paper_on", "state", "entered_by", "compared_by")
    list_filter = ("cycle", "state")
    list_select_related = ("entered_by", "compared_by")
    search_fields = ("project", "applicant", "paper_number")


@admin.register(Filing)
class FilingRecords(Records):
    cycle_path = "cycle"
    list_display = (
        "cycle",
        "number",
        "edition",
        "code",
        "built_at",
        "receipt_number",
        "accepted_by",
        "accepted_at",
    )
    list_filter = ("cycle",)
    list_select_related = ("cycle", "edition__cycle", "accepted_by")
    search_fields = ("code", "digest", "receipt_number")


@admin.register(ItemMapping)
class ItemMappingRecords(Records):
    cycle_path = "item__block__cycle"
    list_display = ("item", "earlier", "by", "at")
    list_filter = ("item__block__cycle",)
    list_select_related = ("item__block", "earlier__block", "by")
    search_fields = ("item__name", "earlier__name")
