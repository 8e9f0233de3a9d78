"""What every page of /admin/ shares: who may see which part (row L11), saving through actions, our own log.

Which records there are is said in each app's admin.py; figures are never typed over there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, auth
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from units import matrix
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import hat_of

ROW = "L11"
ACT_WORDS: dict[str, object] = {}  # act of the log → words; filled by the site when it starts
BASE = frozenset({Role.OFFICE})  # base data and, read only, figures
USERS = frozenset({Role.SYSTEM})
ROLES = frozenset({Role.SECURITY})
LOG = frozenset({Role.AUDITOR})


def hat_in(request: HttpRequest) -> Hat:
    """The hat worn; the site lets nobody in without one."""
    hat = hat_of(request)
    if hat is None:
        raise Refused("sign-in", _("Please sign in first."), status=401)
    return hat


class Administration(admin.AdminSite):
    """/admin/ for the four roles of row L11, each its own part.  Records of other packages are not shown."""

    site_title = gettext_lazy("Administration")
    site_header = gettext_lazy("Administration")
    index_title = gettext_lazy("Records")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        if not request.user.is_active or request.user.is_anonymous:
            return False
        hat = hat_of(request)
        return hat is not None and not matrix.grant(ROW, hat.role).is_denied

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Our own sign-in page, or the refusal for those who have no part here."""
        if request.user.is_authenticated:
            hat = hat_of(request)
            raise Refused(
                "not-permitted",
                _("As %(role)s you may not do this.")
                % {"role": (hat.label or hat.role) if hat else str(request.user)},
                status=403,
            )
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As the site's own sign-out: by POST only."""
        if request.method == "POST":
            auth.logout(request)
        return redirect("login")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The one page where the own password is changed."""
        return redirect("password")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner: Any = super().admin_view(view, cacheable)

        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and request.user.must_change_password:
                return redirect("password")
            return inner(request, *args, **kwargs)

        door.permission_row = ROW  # type: ignore[attr-defined]  # read by the test of the matrix
        return door

    def register(
        self,
        model_or_iterable: type[models.Model] | Iterable[type[models.Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        if admin_class is not None and issubclass(admin_class, Records):
            super().register(model_or_iterable, admin_class, **options)


class ActForm(forms.ModelForm[Any]):
    """Tries the act before it is done, so that a refusal stands in the form and nothing typed is lost."""

    records: Records
    request: HttpRequest

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.records.act(hat_in(self.request), self.instance, dict(self.cleaned_data))
                transaction.set_rollback(True)
        except Refused as refusal:
            self.add_error(None, str(refusal))
        except ValidationError as error:
            self.add_error(None, error)


class Records(admin.ModelAdmin[Any]):
    """List, search, filter and history of one kind of record.

    Read only unless `editable`, then `act` saves through the action that the pages use.
    """

    part: frozenset[Role] = BASE
    editable: frozenset[str] = frozenset()  # add, change, delete
    form = ActForm
    list_per_page = 50
    show_full_result_count = False
    history_template = "admin/record_log.html"

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        # A relation without a name of its own is headed by what it leads to; else its English attribute shows.
        for field in (*model._meta.fields, *model._meta.many_to_many):
            if field.is_relation and field._verbose_name is None and isinstance(field.related_model, type):  # type: ignore[attr-defined]  # Django's own attribute
                field.verbose_name = field.related_model._meta.verbose_name  # type: ignore[assignment]  # lazy text

    # --- who may ---

    def _in_part(self, request: HttpRequest) -> bool:
        hat = hat_of(request)
        return hat is not None and hat.role in self.part

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._in_part(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._in_part(request)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return "add" in self.editable and self._in_part(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return "change" in self.editable and self._in_part(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return "delete" in self.editable and self._in_part(request)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Only records of the years that the hat fits."""
        rows = super().get_queryset(request)
        hat = hat_of(request)
        path = self.cycle_path
        if hat is None or hat.cycle_id is None or not path:
            return rows
        return rows.filter(**{path: hat.cycle_id}).distinct()

    cycle_path = ""  # lookup from the record to the id of its cycle

    # --- saving ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"records": self, "request": request})

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        """Do what the form asks by the action that pages call; returns the stored record."""
        raise NotImplementedError(type(self).__name__)

    def remove(self, by: Hat, row: Any) -> None:
        raise NotImplementedError(type(self).__name__)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        stored = self.act(hat_in(request), obj, dict(form.cleaned_data))
        obj.pk = stored.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Lists of other records are stored by the act as well."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(hat_in(request), obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        with transaction.atomic():
            for row in queryset:
                self.remove(hat_in(request), row)

    # --- one log ---

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the act has written our own log."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: the act has written our own log."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """The entries of our own log about this record."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Refused("not-found", _("There is no such record."), status=404)
        if not self.has_view_permission(request, row):
            raise Refused("not-permitted", _("There is no such record."), status=404)
        entries = AuditEntry.objects.filter(object_type=self.opts.label, object_id=str(row.pk)).order_by(
            "-number"
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(what)s") % {"what": str(row)},
            "subtitle": None,
            "entries": [
                (entry, ACT_WORDS.get(entry.act, entry.act), _told(audit.details_of(entry)))
                for entry in entries[:200]
            ],
            "object": row,
            "opts": self.opts,
            "module_name": str(self.opts.verbose_name_plural),
        }
        return TemplateResponse(request, self.history_template, context)


def _told(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of an entry as words: field, then before → after."""
    told: list[tuple[str, str]] = []
    for name, value in details.items():
        if isinstance(value, dict):
            told += [
                (field, " → ".join(str(part) for part in pair))
                if isinstance(pair, list)
                else (field, str(pair))
                for field, pair in value.items()
            ]
        elif value not in ("", [], None):
            told.append((name, "、".join(map(str, value)) if isinstance(value, list) else str(value)))
    return told


def cycle_open_to(by: Hat, rows: models.QuerySet[Cycle]) -> Cycle:
    """The newest of the years that the hat fits; for records that stand in several years."""
    fitting = [cycle for cycle in rows.order_by("-year", "code") if by.fits(cycle)]
    if not fitting:
        raise Refused(
            "no-cycle", _("There is no year of yours to which this record belongs. Create the year first.")
        )
    return fitting[0]
