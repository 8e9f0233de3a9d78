"""Years, units, people's roles and the desk's own records in /admin/.

What all of them share is in units.administration; the figures are listed by the apps that own them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.models import (
    ApiToken,
    AuditEntry,
    Evidence,
    EvidenceRoom,
    Job,
    Notice,
    OutgoingPaper,
    ReturnedPaper,
    StoredFile,
    SystemRole,
    User,
)
from office.models.audit import AuditHead
from office.refusal import Refused
from units.actions import cycle as cycle_actions
from units.actions import people, setup
from units.administration import LOG, ROLES, USERS, Records, cycle_open_to, hat_in
from units.hats import Hat
from units.models import (
    Block,
    CalendarDay,
    CallNote,
    Conflict,
    Cycle,
    GroupDecision,
    Membership,
    Reading,
    Reminder,
    Reopening,
    RoleAssignment,
    SignedForm,
    SignedLack,
    StageWindow,
    Succession,
    Team,
    Unit,
    UnitKind,
    UnitName,
    UnitNameKind,
)
from units.sheets import BaseResource, ChoiceWidget, SheetField, TableRecords, UnitWidget
from units.stages import Stage

ADD, CHANGE, DELETE = "add", "change", "delete"


def stored(model: type[models.Model], row: models.Model) -> Any:
    """The record as the database has it; the form has already written into its own copy."""
    return model._default_manager.get(pk=row.pk) if row.pk else None


class UnitResource(BaseResource):
    title = "单位"
    name = SheetField("name", "单位")
    kind = SheetField("kind", "类别", ChoiceWidget(UnitKind))
    short_name = SheetField("short_name", "简称")
    principal = SheetField("principal", "主要负责人")
    contact = SheetField("contact", "联络员")
    mobile = SheetField("mobile", "手机")
    office_phone = SheetField("office_phone", "办公电话")
    superior_leader = SheetField("superior_leader", "分管领导")

    class Meta:
        model = Unit
        import_id_fields = ("name",)
        fields = (
            "name",
            "kind",
            "short_name",
            "principal",
            "contact",
            "mobile",
            "office_phone",
            "superior_leader",
        )
        skip_unchanged = True
        use_transactions = True

    def keep(self, by: Hat, instance: Any, row: Any) -> models.Model:
        values = {name: getattr(instance, name) for name in self._meta.fields}
        unit = stored(Unit, instance)
        years = Cycle.objects.filter(units=unit) if unit else Cycle.objects.all()
        return setup.save_unit(by=by, cycle=cycle_open_to(by, years), unit=unit, **values)


class UnitNameResource(BaseResource):
    title = "别名"
    name = SheetField("name", "别名")
    unit = SheetField("unit", "单位", UnitWidget())
    kind = SheetField("kind", "种类", ChoiceWidget(UnitNameKind))

    class Meta:
        model = UnitName
        import_id_fields = ("name",)
        fields = ("name", "unit", "kind")
        exclude = ("plain",)
        skip_unchanged = True
        use_transactions = True

    def keep(self, by: Hat, instance: Any, row: Any) -> models.Model:
        if instance.unit_id is None:
            raise Refused("no-unit", _("Please name the unit."), status=422)
        cycle = cycle_open_to(by, Cycle.objects.filter(units=instance.unit))
        return setup.add_alias(
            by=by,
            cycle=cycle,
            unit=instance.unit,
            name=instance.name,
            kind=instance.kind or UnitNameKind.ALIAS,
        )


@admin.register(Unit)
class UnitRecords(TableRecords):
    resource = UnitResource
    editable = frozenset({ADD, CHANGE})
    cycle_path = "cycles"
    list_display = ("name", "kind", "short_name", "order", "is_stand_in", "principal", "contact", "mobile")
    list_filter = ("kind", "is_stand_in", "cycles", "memberships__block")
    search_fields = ("name", "short_name", "other_names__name", "principal", "contact")
    readonly_fields = ("is_stand_in",)
    fields = (*setup.UNIT_FIELDS, "is_stand_in")
    actions = ("confirm",)

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        unit = stored(Unit, row)
        years = Cycle.objects.filter(units=unit) if unit else Cycle.objects.all()
        return setup.save_unit(by=by, cycle=cycle_open_to(by, years), unit=unit, **values)

    @admin.action(description=gettext_lazy("Confirm stand-ins"))
    def confirm(self, request: HttpRequest, rows: models.QuerySet[Unit]) -> None:
        by = hat_in(request)
        cycle = cycle_open_to(by, Cycle.objects.filter(units__in=rows).distinct())
        count = setup.confirm_units(by=by, cycle=cycle, units=rows.values_list("pk", flat=True))
        self.message_user(request, _("%(count)d units were confirmed.") % {"count": count}, messages.SUCCESS)


@admin.register(UnitName)
class UnitNameRecords(TableRecords):
    resource = UnitNameResource
    editable = frozenset({ADD, DELETE})
    cycle_path = "unit__cycles"
    list_display = ("name", "unit", "kind")
    list_filter = ("kind",)
    list_select_related = ("unit",)
    search_fields = ("name", "unit__name")
    fields = ("unit", "name", "kind")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        cycle = cycle_open_to(by, Cycle.objects.filter(units=values["unit"]))
        return setup.add_alias(by=by, cycle=cycle, **values)

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_alias(by=by, cycle=cycle_open_to(by, Cycle.objects.filter(units=row.unit)), name=row)


@admin.register(Succession)
class SuccessionRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "unit__cycles"
    list_display = ("unit", "predecessor_name", "how", "on", "paper")
    list_filter = ("how",)
    search_fields = ("unit__name", "predecessor_name", "paper")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        cycle = cycle_open_to(by, Cycle.objects.filter(units=values["unit"]))
        return setup.save_row(
            by=by, cycle=cycle, row=stored(Succession, row) or Succession(), values=values, permission="B04"
        )

    def remove(self, by: Hat, row: Any) -> None:
        cycle = cycle_open_to(by, Cycle.objects.filter(units=row.unit))
        setup.remove_row(by=by, cycle=cycle, row=row, permission="B04")


@admin.register(Cycle)
class CycleRecords(Records):
    """Stage, places and rounding are set elsewhere; a year is begun by a workbook or as a copy."""

    editable = frozenset({CHANGE})
    cycle_path = "pk"
    list_display = ("code", "name", "year", "host", "stage", "places", "rounding")
    list_filter = ("stage", "year")
    search_fields = ("code", "name")
    fields = (
        "code",
        "name",
        "year",
        "host",
        "total_weight",
        "paper_required",
        "places",
        "rounding",
        "stage",
        "created_at",
    )
    readonly_fields = ("code", "year", "places", "rounding", "stage", "created_at")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        cycle = stored(Cycle, row)
        return setup.save_row(by=by, cycle=cycle, row=cycle, values=values)


@admin.register(Block)
class BlockRecords(Records):
    editable = frozenset({CHANGE})
    cycle_path = "cycle"
    list_display = ("name", "cycle", "kind", "order", "has_own_calendar")
    list_filter = ("cycle", "kind")
    search_fields = ("name",)
    fields = ("cycle", "name", "kind", "order", "has_own_calendar", "stage")
    readonly_fields = ("cycle", "kind", "has_own_calendar", "stage")  # moved on the page of the tracks

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        block = stored(Block, row)
        return setup.save_row(by=by, cycle=block.cycle, row=block, values=values)


@admin.register(Membership)
class MembershipRecords(Records):
    """Who is in a block is said by the plan workbook; the mode is set here as well."""

    editable = frozenset({CHANGE})
    cycle_path = "block__cycle"
    list_display = ("unit", "block", "mode")
    list_filter = ("block__cycle", "block", "mode")
    list_select_related = ("unit", "block")
    search_fields = ("unit__name",)
    fields = ("block", "unit", "mode")
    readonly_fields = ("block", "unit")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        membership = Membership.objects.select_related("block__cycle").get(pk=row.pk)
        return setup.set_mode(by=by, membership=membership, mode=values["mode"])


@admin.register(StageWindow)
class StageWindowRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "cycle"
    list_display = ("cycle", "stage", "block", "opens_on", "closes_on", "cut_off")
    list_filter = ("cycle", "stage")
    search_fields = ("cycle__code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cycle", "block", "stage") if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        window = cycle_actions.set_window(
            by=by,
            cycle=row.cycle,
            stage=Stage(row.stage),
            block=row.block,
            opens_on=values["opens_on"],
            closes_on=values["closes_on"],
            cut_off=values["cut_off"],
        )
        assert window is not None  # both days are given
        return window

    def remove(self, by: Hat, row: Any) -> None:
        cycle_actions.set_window(
            by=by, cycle=row.cycle, stage=Stage(row.stage), block=row.block, opens_on=None, closes_on=None
        )


@admin.register(CalendarDay)
class CalendarDayRecords(Records):
    editable = frozenset({ADD, CHANGE})
    list_display = ("day", "is_working", "note")
    list_filter = ("is_working",)
    search_fields = ("note",)
    date_hierarchy = "day"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("day",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        cycle = cycle_open_to(by, Cycle.objects.all())
        return setup.save_calendar_day(
            by=by, cycle=cycle, day=row.day, is_working=values["is_working"], note=values["note"]
        )


@admin.register(Team)
class TeamRecords(Records):
    editable = frozenset({ADD, CHANGE})
    cycle_path = "cycle"
    list_display = ("name", "cycle")
    list_filter = ("cycle",)
    search_fields = ("name", "people__display_name", "units__name")
    filter_horizontal = ("people", "units")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cycle",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return setup.save_team(
            by=by,
            cycle=row.cycle,
            name=values["name"],
            people=values["people"],
            units=values["units"],
            team=stored(Team, row),
        )


@admin.register(Conflict)
class ConflictRecords(Records):
    cycle_path = "cycle"
    list_display = ("user", "unit", "cycle", "reason", "declared_at", "lifted_at")
    list_filter = ("cycle",)
    search_fields = ("user__display_name", "unit__name", "reason")


@admin.register(Reading)
class ReadingRecords(Records):
    cycle_path = "cycle"
    list_display = ("code", "cycle", "choice", "decided_by", "decided_at", "reason")
    list_filter = ("cycle", "code")
    search_fields = ("code", "reason", "question")


@admin.register(Reopening)
class ReopeningRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "stage", "unit", "until", "reason", "by", "at")
    list_filter = ("cycle", "stage")
    search_fields = ("unit__name", "reason")


@admin.register(SignedLack)
class SignedLackRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "stage", "code", "sentence", "by", "at")
    list_filter = ("cycle", "stage", "code")
    search_fields = ("sentence", "reason")


@admin.register(Reminder)
class ReminderRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "label", "why", "day", "told", "by", "mailed_at", "cycle")
    list_filter = ("cycle", "why", "task", "day")
    list_select_related = ("unit", "by", "cycle")
    search_fields = ("unit__name", "label", "text")
    date_hierarchy = "day"


@admin.register(CallNote)
class CallNoteRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "label", "number", "answered_by", "to_superior", "by", "at", "cycle")
    list_filter = ("cycle", "to_superior", "task")
    list_select_related = ("unit", "by", "cycle")
    search_fields = ("unit__name", "label", "answered_by", "note")
    date_hierarchy = "at"


@admin.register(SignedForm)
class SignedFormRecords(Records):
    cycle_path = "cycle"
    list_display = ("code", "kind", "title", "unit", "state", "printed_by", "scanned_by", "compared_by")
    list_filter = ("cycle", "kind", "state")
    list_select_related = ("unit", "printed_by", "scanned_by", "compared_by")
    search_fields = ("code", "title", "unit__name")


@admin.register(GroupDecision)
class GroupDecisionRecords(Records):
    cycle_path = "cycle"
    list_display = ("title", "deed", "met_on", "chair", "state", "entered_by", "compared_by")
    list_filter = ("cycle", "deed", "state")
    list_select_related = ("entered_by", "compared_by")
    search_fields = ("title", "chair", "present", "reason")


@admin.register(StoredFile)
class StoredFileRecords(Records):
    list_display = ("name", "content_type", "size", "stored_by", "stored_at", "sha256")
    list_filter = ("content_type",)
    search_fields = ("name", "sha256")


@admin.register(Evidence)
class EvidenceRecords(Records):
    list_display = ("file", "about_type", "about_id", "account", "added_by", "added_at")
    list_filter = ("about_type",)
    list_select_related = ("file", "added_by")
    search_fields = ("file__name", "account", "sent_sha256")


@admin.register(OutgoingPaper)
class OutgoingPaperRecords(Records):
    list_display = ("number", "kind", "cycle_code", "code", "given_to", "given_at", "name")
    list_filter = ("cycle_code", "kind")
    list_select_related = ("given_to",)
    search_fields = ("number", "code", "digest", "name")


@admin.register(ReturnedPaper)
class ReturnedPaperRecords(Records):
    list_display = (
        "file",
        "paper",
        "figures_changed",
        "wording_changed",
        "filled_in",
        "compared_by",
        "compared_at",
    )
    list_filter = ("paper__cycle_code", "paper__kind")
    list_select_related = ("file", "paper", "compared_by")
    search_fields = ("file__name", "paper__number", "paper__code")


@admin.register(EvidenceRoom)
class EvidenceRoomRecords(Records):
    list_display = ("account", "used_bytes", "files")
    search_fields = ("account",)


@admin.register(User)
class UserRecords(Records):
    part = USERS
    editable = frozenset({ADD, CHANGE})
    list_display = ("username", "display_name", "phone", "is_active", "last_login", "must_change_password")
    list_filter = ("is_active", "must_change_password")
    search_fields = ("username", "display_name", "phone")
    fields = ("username", "display_name", "phone", "email", "is_active", "last_login", "date_joined")
    readonly_fields = ("last_login", "date_joined")
    actions = ("reset",)

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        user, _password = people.save_user(by=by, user=stored(User, row), **values)
        return user

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user, password = people.save_user(by=hat_in(request), user=stored(User, obj), **form.cleaned_data)
        obj.pk = user.pk
        obj._state.adding = False
        if password:
            self._tell(request, user, password)

    def _tell(self, request: HttpRequest, user: User, password: str) -> None:
        self.message_user(
            request,
            _(
                "First password of %(user)s: %(password)s. It is shown once only and must be changed at the first sign-in."
            )
            % {"user": user.username, "password": password},
            messages.WARNING,
        )

    @admin.action(description=gettext_lazy("Set a new first password"))
    def reset(self, request: HttpRequest, rows: models.QuerySet[User]) -> None:
        for user in rows:
            self._tell(request, user, people.reset_password(by=hat_in(request), user=user))


@admin.register(RoleAssignment)
class RoleAssignmentRecords(Records):
    part = ROLES
    editable = frozenset({ADD, DELETE})
    cycle_path = "cycle"
    list_display = ("user", "role", "unit", "cycle", "is_head")
    list_filter = ("role", "cycle")
    list_select_related = ("user", "unit", "cycle")
    search_fields = ("user__username", "user__display_name", "unit__name")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return people.grant_role(by=by, **values)

    def remove(self, by: Hat, row: Any) -> None:
        people.revoke_role(by=by, assignment=row)


@admin.register(SystemRole)
class SystemRoleRecords(Records):
    part = ROLES
    editable = frozenset({ADD, DELETE})
    list_display = ("user", "kind")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__display_name")

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return people.grant_system_role(by=by, **values)

    def remove(self, by: Hat, row: Any) -> None:
        people.revoke_system_role(by=by, system_role=row)


@admin.register(ApiToken)
class ApiTokenRecords(Records):
    part = ROLES
    list_display = ("user", "label", "role", "created_at", "expires_at")
    search_fields = ("user__username", "label")
    exclude = ("digest",)


@admin.register(Job)
class JobRecords(Records):
    part = USERS
    list_display = ("title", "kind", "owner", "state", "created_at", "finished_at")
    list_filter = ("state", "kind")
    search_fields = ("title", "owner__username")
    exclude = ("arguments", "result")


@admin.register(Notice)
class NoticeRecords(Records):
    part = USERS
    list_display = ("user", "created_at", "read_at")
    list_filter = ("created_at",)
    search_fields = ("user__username", "user__display_name")
    fields = ("user", "created_at", "read_at")


@admin.register(AuditEntry)
class AuditEntryRecords(Records):
    part = LOG
    list_display = ("number", "at", "user_name", "role", "act", "object_text", "cycle_code")
    list_filter = ("act", "role", "cycle_code")
    search_fields = ("user_id_text", "user_name", "act", "object_text", "details")
    date_hierarchy = "at"


@admin.register(AuditHead)
class AuditHeadRecords(Records):
    part = LOG
    list_display = ("number", "digest")
    search_fields = ("digest",)
