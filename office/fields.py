"""Database fields that keep figures exact on every database.

What the figures mean is the business of the apps that use them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

STORED_PLACES = 4  # a cycle's `places` is 0 to 4, so ten-thousandths hold every point exactly
STORED_SCALE = 10**STORED_PLACES

if TYPE_CHECKING:
    _Base = models.Field[Decimal | int | str | None, Any]  # Decimal, or None where null=True
else:
    _Base = models.BigIntegerField


class PointsField(_Base):
    """Points as `Decimal` in Python and whole ten-thousandths in the database.

    SQLite would keep a DecimalField as a binary float; an integer is exact, sorts and sums exactly.
    Raises ValidationError on more than four decimals instead of rounding.
    """

    description = "exact points"

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        if value is None:
            return None
        # Without closing zeros, so that a base of 100 reads 100 wherever it is shown.
        points = Decimal(value).scaleb(-STORED_PLACES).normalize()
        return points if points.as_tuple().exponent <= 0 else points.quantize(Decimal(1))  # type: ignore[operator]  # never NaN

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        return Decimal(str(value)) if not isinstance(value, Decimal) else value

    def get_prep_value(self, value: Any) -> int | None:
        points = self.to_python(value)
        if points is None:
            return None
        scaled = points.scaleb(STORED_PLACES)
        if scaled != scaled.to_integral_value():
            raise ValidationError(_("Points have at most four decimals."), code="too-many-decimals")
        return int(scaled)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else format_points(value)

    def formfield(self, **kwargs: Any) -> Any:
        return forms.DecimalField(
            required=not self.blank,
            label=str(self.verbose_name),
            help_text=str(self.help_text),
            decimal_places=STORED_PLACES,
            max_digits=16,
            initial=self.default if self.has_default() else None,
        )


def format_points(value: Decimal) -> str:
    """The shortest exact text of points: 97.5, not 97.5000."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_units(value: Decimal, places: int) -> int:
    """Points as whole units of the last place; raises ValueError when the value has more decimals."""
    scaled = value.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{value} has more than {places} decimals")
    return int(scaled)


def from_units(units: int, places: int) -> Decimal:
    """Units of the last place back as Decimal with exactly `places` decimals."""
    return Decimal(units).scaleb(-places)
