"""Tables of base data for /admin/: one workbook format through our guard and writer, our own rows and sentences.

What a row does is said by the resource of each record; it ends in the same action as a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, ClassVar

import tablib
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from import_export import fields, resources, results, widgets
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import Format

from office import files
from office.fields import format_points
from office.refusal import Refused
from office.workbook.cells import clean
from office.workbook.reader import Column, TableSpec, read_workbook
from office.workbook.wire import UNCACHED
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from units.administration import Records, hat_in
from units.hats import Hat
from units.models import Unit
from units.names import NameBook


class SheetRows(results.Result):  # type: ignore[misc]  # the package is not typed
    """Names rows as the sheet does; the package counts data rows from 1, without header or empty rows."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__()
        self.numbers = numbers

    def _of_sheet(self, number: int) -> int:
        return self.numbers[number - 1] if number <= len(self.numbers) else number + 1

    def append_error_row(self, number: int, row: Any, errors: Any) -> None:
        super().append_error_row(self._of_sheet(number), row, errors)

    def append_invalid_row(self, number: int, row: Any, validation_error: Any) -> None:
        super().append_invalid_row(self._of_sheet(number), row, validation_error)


class SheetField(fields.Field):  # type: ignore[misc]  # the package is not typed
    """A column; text goes out as it is stored."""

    def __init__(
        self, attribute: str, column_name: str, widget: widgets.Widget | None = None, **kwargs: Any
    ) -> None:
        super().__init__(
            attribute=attribute, column_name=column_name, widget=widget or TextWidget(), **kwargs
        )


class TextWidget(widgets.CharWidget):  # type: ignore[misc]  # the package is not typed
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return clean(str(value)) if value is not None else ""


class WholeWidget(widgets.Widget):  # type: ignore[misc]  # the package is not typed
    """A whole number with our own sentence."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        text = str(value if value is not None else "").strip()
        if not text.isdigit():
            raise ValueError(_("“%(value)s” is not a whole number.") % {"value": text})
        return int(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class PointsWidget(widgets.Widget):  # type: ignore[misc]  # the package is not typed
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        text = str(value if value is not None else "").strip()
        try:
            points = Decimal(text)
        except InvalidOperation as error:
            raise ValueError(
                _("“%(value)s” is not a number. Enter digits only, such as 85.5.") % {"value": text}
            ) from error
        if not points.is_finite():
            raise ValueError(
                _("“%(value)s” is not a number. Enter digits only, such as 85.5.") % {"value": text}
            )
        return points

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else format_points(value)


class ChoiceWidget(widgets.Widget):  # type: ignore[misc]  # the package is not typed
    """One of a closed list, by its stored word or by what the page calls it."""

    def __init__(self, choices: type[models.TextChoices]) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = clean(str(value or ""))
        for stored, label in self.choices.choices:
            if text in (stored, str(label)):
                return str(stored)
        raise ValueError(
            _("“%(value)s” is not among: %(choices)s.")
            % {"value": text, "choices": "、".join(self.choices.values)}
        )

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


class UnitWidget(widgets.Widget):  # type: ignore[misc]  # the package is not typed
    """A unit by any of its names; an unknown one names the nearest three."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Unit | None:
        text = clean(str(value or ""))
        if not text:
            return None
        units = {unit.pk: unit for unit in Unit.objects.prefetch_related("other_names")}
        pairs = [(unit.name, pk) for pk, unit in units.items()]
        pairs += [(other.name, pk) for pk, unit in units.items() for other in unit.other_names.all()]
        book = NameBook(pairs)
        found = book.find(text)
        if found is None:
            raise ValueError(
                _("“%(name)s” is no known unit. Nearest: %(nearest)s.")
                % {"name": text, "nearest": "、".join(book.nearest(text)) or "—"}
            )
        return units[found]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value) if value is not None else ""


class BaseResource(resources.ModelResource):  # type: ignore[misc]  # the package is not typed
    """Rows that end in an action; a refusal becomes the row's sentence."""

    title: ClassVar[str] = ""

    def __init__(self, by: Hat | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = by
        self._numbers: Sequence[int] = ()

    def import_data_inner(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        self._numbers = getattr(dataset, "row_numbers", ())
        return super().import_data_inner(dataset, *args, **kwargs)

    def get_result_class(self) -> Any:
        return partial(SheetRows, self._numbers)

    def keep(self, by: Hat, instance: Any, row: Mapping[str, Any]) -> models.Model:
        """Store the row by the action; returns the record."""
        raise NotImplementedError

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        if self.by is None:
            raise RuntimeError("a table is brought in by somebody")
        try:
            instance.pk = self.keep(self.by, instance, row).pk
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal

    def save_m2m(self, obj: Any, data: Any, **kwargs: Any) -> None:
        """Done by the action."""


def workbook_format(resource: type[BaseResource]) -> type[Format]:
    """The .xlsx of one resource: read through the guard, written so that no text becomes a formula."""
    columns = [field.column_name for field in resource().get_export_fields()]
    spec = TableSpec(
        resource.title,
        tuple(Column(title, (title,), index == 0) for index, title in enumerate(columns)),
        keep_totals=True,
    )

    class Workbook(Format):  # type: ignore[misc]  # the package is not typed
        CONTENT_TYPE = files.XLSX

        def __init__(self, encoding: str | None = None) -> None:
            """The package passes an encoding; a workbook needs none."""

        def get_title(self) -> str:
            return "xlsx"

        def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
            book = read_workbook(in_stream, [spec])
            problems = list(book.errors)
            table = book.tables.get(spec.name)
            if problems or table is None:
                raise Refused(
                    "no-table", problems[0].message if problems else _("The file holds no table."), status=422
                )
            dataset = tablib.Dataset(headers=[c for c in columns if table.has(c)])
            numbers: list[int] = []
            for row in table.rows:
                cells = [row[c] for c in columns if table.has(c)]
                if any(cell.flags & UNCACHED for cell in cells):
                    raise Refused(
                        "formula-without-value",
                        _(
                            "Row %(row)d holds a formula without a stored value. Save the file in WPS or Excel and send it again."
                        )
                        % {"row": row.number},
                        status=422,
                    )
                numbers.append(row.number)
                dataset.append([clean(cell.raw) for cell in cells])
            dataset.row_numbers = numbers
            return dataset

        def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
            out = [ColumnOut(title, required=index == 0) for index, title in enumerate(dataset.headers or [])]
            rows = [["" if v is None else str(v) for v in row] for row in dataset]
            return write_workbook([SheetOut(spec.name, out, rows)])

        def get_extension(self) -> str:
            return "xlsx"

        def get_content_type(self) -> str:
            return self.CONTENT_TYPE

        def can_import(self) -> bool:
            return True

        def can_export(self) -> bool:
            return True

    return Workbook


class TableRecords(ImportExportMixin, Records):  # type: ignore[misc]  # the package is not typed
    """Records that also come and go as a table."""

    resource: ClassVar[type[BaseResource]]
    skip_admin_log = True

    def get_resource_classes(self, request: Any) -> list[type[BaseResource]]:
        return [self.resource]

    def get_import_formats(self) -> list[type[Format]]:
        return [workbook_format(self.resource)]

    get_export_formats = get_import_formats

    def get_import_resource_kwargs(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        return {"by": hat_in(request)}

    def get_export_resource_kwargs(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        return {"by": hat_in(request)}

    def has_import_permission(self, request: Any) -> bool:
        return self.has_add_permission(request)

    def has_export_permission(self, request: Any) -> bool:
        return self.has_view_permission(request)

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        if isinstance(error, Refused):
            form.add_error("import_file", str(error))
        else:
            super().add_data_read_fail_error_to_form(form, error)
