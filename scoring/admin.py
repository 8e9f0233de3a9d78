"""Rules in /admin/, saved by the actions of the pages; scores, cells and standings to look at only.

What all records share is in units.administration.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from scoring import (
    admin_ledgers,  # noqa: F401 -- registers its own records
    admin_promises,  # noqa: F401 -- registers its records
    admin_review,  # noqa: F401 -- registers its own records
)
from scoring.actions import rules
from scoring.models import (
    Appeal,
    AppealFile,
    AppealPoint,
    AppealTerms,
    AppraiserFinding,
    Assessment,
    AssessmentLine,
    Cell,
    Deduction,
    ImportBatch,
    Indicator,
    Look,
    MajorItem,
    Receipt,
    Recheck,
    ResultDelivery,
    Score,
    ScoreRecheck,
    Standing,
    SubItem,
    TrialVariant,
)
from units.actions import setup
from units.admin import ADD, CHANGE, DELETE, stored
from units.administration import Records, cycle_open_to, hat_in
from units.hats import Hat
from units.models import Block, Cycle
from units.sheets import BaseResource, ChoiceWidget, PointsWidget, SheetField, TableRecords, UnitWidget


class RuleResource(BaseResource):
    """Sub-items with their item; the year is the newest one of the hat unless 年度代码 names another."""

    title = "指标"
    cycle = SheetField("item__block__cycle__code", "年度代码", readonly=True)
    block = SheetField("item__block__name", "大块", readonly=True)
    item = SheetField("item__name", "大项", readonly=True)
    name = SheetField("name", "中项")
    base_points = SheetField("base_points", "中项基础分", PointsWidget())
    lead = SheetField("lead", "责任单位", UnitWidget())
    look = SheetField("look", "考评方式", ChoiceWidget(Look))

    class Meta:
        model = SubItem
        import_id_fields = ("name",)
        fields = ("cycle", "block", "item", "name", "base_points", "lead", "look")
        skip_unchanged = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> SubItem | None:
        """By all four names: a sub-item's own name is not the only one of its kind."""
        return (
            SubItem.objects.filter(item=self._item(row), name=str(row.get("中项", "")).strip())
            .select_related("item__block__cycle", "lead")
            .first()
        )

    def init_instance(self, row: Any = None) -> SubItem:
        return SubItem(item=self._item(row))

    def _item(self, row: Any) -> MajorItem:
        if self.by is None:
            raise RuntimeError("a table is brought in by somebody")
        code = str(row.get("年度代码") or "").strip()
        cycle = cycle_open_to(self.by, Cycle.objects.filter(code=code) if code else Cycle.objects.all())
        names = {"block": str(row.get("大块") or "").strip(), "item": str(row.get("大项") or "").strip()}
        block = Block.objects.filter(cycle=cycle, name=names["block"]).first()
        found = (
            MajorItem.objects.filter(block=block, name=names["item"]).select_related("block__cycle").first()
        )
        if block is None or found is None:
            raise Refused(
                "unknown-item",
                _("%(cycle)s has no major item “%(item)s” in “%(block)s”. Correct the names.")
                % {**names, "cycle": cycle.code},
                status=422,
            )
        return found

    def keep(self, by: Hat, instance: Any, row: Any) -> models.Model:
        if not isinstance(instance.base_points, Decimal):
            raise Refused("no-base", _("Please enter the base."), status=422)
        values = {name: getattr(instance, name) for name in ("name", "base_points", "lead", "look")}
        return rules.save_sub_item(by=by, item=instance.item, sub_item=stored(SubItem, instance), **values)


@admin.register(MajorItem)
class MajorItemRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "block__cycle"
    list_display = ("name", "block", "weight_points", "base_points", "order")
    list_filter = ("block__cycle", "block")
    list_select_related = ("block",)
    search_fields = ("name",)
    fields = ("block", "name", "weight_points", "base_points", "order")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("block",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        values.pop("block", None)
        return rules.save_item(by=by, block=row.block, item=stored(MajorItem, row), **values)

    def remove(self, by: Hat, row: Any) -> None:
        rules.remove_item(by=by, item=row)


@admin.register(SubItem)
class SubItemRecords(TableRecords):
    resource = RuleResource
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "item__block__cycle"
    list_display = ("name", "item", "block", "base_points", "lead", "look", "source")
    list_filter = ("item__block__cycle", "item__block", "source", "look")
    list_select_related = ("item__block", "lead")
    search_fields = ("name", "item__name", "lead__name")
    filter_horizontal = ("helpers",)
    fields = (
        "item",
        "name",
        "base_points",
        "lead",
        "helpers",
        "look",
        "floor_points",
        "floor_text",
        "order",
        "source",
    )
    readonly_fields = ("source",)
    actions = ("confirm",)

    @admin.display(description=gettext_lazy("block"), ordering="item__block")
    def block(self, row: SubItem) -> str:
        return str(row.item.block)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("item", "source") if obj else ("source",)

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        values.pop("item", None)
        return rules.save_sub_item(by=by, item=row.item, sub_item=stored(SubItem, row), **values)

    def remove(self, by: Hat, row: Any) -> None:
        rules.remove_sub_item(by=by, sub_item=row)

    @admin.action(description=gettext_lazy("Confirm stand-ins"))
    def confirm(self, request: HttpRequest, rows: models.QuerySet[SubItem]) -> None:
        count = 0
        for cycle in Cycle.objects.filter(blocks__items__sub_items__in=rows).distinct():
            count += rules.confirm_stand_ins(
                by=hat_in(request), cycle=cycle, sub_items=rows.values_list("pk", flat=True)
            )
        self.message_user(
            request, _("%(count)d sub-items were confirmed.") % {"count": count}, messages.SUCCESS
        )


@admin.register(Indicator)
class IndicatorRecords(Records):
    editable = frozenset({CHANGE})
    cycle_path = "sub_item__item__block__cycle"
    list_display = ("name", "sub_item", "base_points", "lead", "order")
    list_filter = ("sub_item__item__block__cycle", "sub_item__item__block")
    list_select_related = ("sub_item", "lead")
    search_fields = ("name", "sub_item__name", "rule_text")
    fields = ("sub_item", "name", "base_points", "rule_text", "lead", "order")
    readonly_fields = ("sub_item",)

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return setup.save_row(
            by=by, cycle=row.sub_item.item.block.cycle, row=stored(Indicator, row), values=values
        )


@admin.register(Cell)
class CellRecords(Records):
    cycle_path = "block__cycle"
    list_display = ("membership", "sub_item", "involvement", "missing_how", "version")
    list_filter = ("block__cycle", "block", "involvement")
    list_select_related = ("membership__unit", "membership__block", "sub_item")
    search_fields = ("membership__unit__name", "sub_item__name")


@admin.register(Score)
class ScoreRecords(Records):
    cycle_path = "cell__block__cycle"
    list_display = ("cell", "kind", "points", "entered_by", "entered_at", "on_behalf_of")
    list_filter = ("cell__block__cycle", "cell__block", "kind")
    list_select_related = (
        "cell__membership__unit",
        "cell__membership__block",
        "cell__sub_item",
        "entered_by",
        "on_behalf_of",
    )
    search_fields = ("cell__membership__unit__name", "cell__sub_item__name", "reason")


@admin.register(Deduction)
class DeductionRecords(Records):
    cycle_path = "score__cell__block__cycle"
    list_display = ("score", "indicator", "points", "reason", "on")
    list_filter = ("score__cell__block__cycle", "score__cell__block")
    list_select_related = (
        "score__cell__membership__unit",
        "score__cell__membership__block",
        "score__cell__sub_item",
        "indicator",
    )
    search_fields = ("reason", "score__cell__membership__unit__name")


@admin.register(Standing)
class StandingRecords(Records):
    cycle_path = "block__cycle"
    list_display = ("block", "version", "computed_at", "provisional")
    list_filter = ("block__cycle", "provisional")
    list_select_related = ("block",)
    search_fields = ("block__name",)


@admin.register(ImportBatch)
class ImportBatchRecords(Records):
    cycle_path = "cycle"
    list_display = ("kind", "target", "file", "state", "by", "at", "committed_at")
    list_filter = ("cycle", "kind", "state")
    list_select_related = ("file", "by")
    search_fields = ("file__name", "file_sha256", "target")


@admin.register(Assessment)
class AssessmentRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "block", "cycle", "returns", "return_reason", "saved_at")
    list_filter = ("cycle",)
    list_select_related = ("unit", "block", "cycle")
    search_fields = ("unit__name", "return_reason")


@admin.register(AssessmentLine)
class AssessmentLineRecords(Records):
    cycle_path = "assessment__cycle"
    list_display = ("cell", "note", "wishes_not_involved", "wish_reason", "saved_by", "saved_at")
    list_filter = ("assessment__cycle", "wishes_not_involved")
    list_select_related = ("cell__membership__unit", "cell__sub_item", "saved_by")
    search_fields = ("cell__membership__unit__name", "cell__sub_item__name", "note")


@admin.register(Receipt)
class ReceiptRecords(Records):
    cycle_path = "assessment__cycle"
    list_display = ("number", "assessment", "submitted_by", "submitted_at", "withdrawn_at", "digest")
    list_filter = ("assessment__cycle",)
    list_select_related = ("assessment__unit", "assessment__block", "submitted_by")
    search_fields = ("number", "digest", "assessment__unit__name")


@admin.register(TrialVariant)
class TrialVariantRecords(Records):
    cycle_path = "cycle"
    list_display = ("name", "cycle", "made_by", "saved_at")
    list_filter = ("cycle",)
    list_select_related = ("cycle", "made_by")
    search_fields = ("name", "made_by__username")


@admin.register(AppraiserFinding)
class AppraiserFindingRecords(Records):
    cycle_path = "cycle"
    list_display = ("person", "on", "state", "proposed_by", "decided_by", "lifted_by")
    list_filter = ("cycle", "state")
    list_select_related = ("person", "proposed_by", "decided_by", "lifted_by")
    search_fields = ("person__username", "person__display_name", "what")


@admin.register(Appeal)
class AppealRecords(Records):
    cycle_path = "cycle"
    list_display = ("code", "unit", "about", "channel", "state", "received_on", "reviewer")
    list_filter = ("cycle", "state", "channel")
    list_select_related = ("cycle", "unit", "about", "reviewer")
    search_fields = ("unit__name", "about__name", "sender", "words")


@admin.register(AppealPoint)
class AppealPointRecords(Records):
    cycle_path = "appeal__cycle"
    list_display = ("appeal", "kind", "words", "outcome", "before", "after", "first_by", "second_by")
    list_filter = ("appeal__cycle", "kind", "outcome")
    list_select_related = ("appeal__cycle", "appeal__about", "first_by", "second_by")
    search_fields = ("words", "reason", "appeal__about__name")


@admin.register(AppealFile)
class AppealFileRecords(Records):
    cycle_path = "appeal__cycle"
    list_display = ("appeal", "file", "purpose", "by", "at")
    list_filter = ("appeal__cycle", "purpose")
    list_select_related = ("appeal__cycle", "appeal__about", "file", "by")
    search_fields = ("file__name",)


@admin.register(Recheck)
class RecheckRecords(Records):
    cycle_path = "appeal__cycle"
    list_display = ("appeal", "advice", "text", "by", "at")
    list_filter = ("appeal__cycle", "advice")
    list_select_related = ("appeal__cycle", "appeal__about", "by")
    search_fields = ("text",)


@admin.register(AppealTerms)
class AppealTermsRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "working_days", "cut_off")
    list_filter = ("cycle",)
    list_select_related = ("cycle",)
    search_fields = ("cycle__code",)


@admin.register(ResultDelivery)
class ResultDeliveryRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "cycle", "reached_on", "how", "receiver", "noted_by")
    list_filter = ("cycle", "how")
    list_select_related = ("unit", "cycle", "noted_by")
    search_fields = ("unit__name", "receiver")


@admin.register(ScoreRecheck)
class ScoreRecheckRecords(Records):
    cycle_path = "finding__cycle"
    list_display = ("cell", "kind", "points", "checked_by", "checked_at", "note")
    list_filter = ("finding__cycle", "kind")
    list_select_related = ("cell__membership__unit", "cell__sub_item", "checked_by")
    search_fields = ("cell__membership__unit__name", "note")
