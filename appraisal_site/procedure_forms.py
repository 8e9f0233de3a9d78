"""The forms of the procedure: moving back, windows by days or working days, reopening, the calendar.

They read what was typed; whether it may be done is asked of the actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal_site.forms import DayInput, ReasonForm, TimeInput
from units.calendar import add_working_days, last_of_working_days
from units.models import STAGE_LABELS, Unit
from units.stages import Stage

MOST_WORKING_DAYS = 300


class MoveBackForm(ReasonForm):
    def __init__(self, *args: object, stages: list[Stage], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.fields["stage"] = forms.ChoiceField(
            label=gettext_lazy("Back to"), choices=[(str(s), STAGE_LABELS[s]) for s in reversed(stages)]
        )
        self.order_fields(["stage", "reason"])


class WindowForm(forms.Form):
    """One stage's window: first day, and the last day or how many working days it lasts; all empty: none."""

    opens_on = forms.DateField(label=gettext_lazy("First day"), required=False, widget=DayInput())
    closes_on = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=DayInput())
    days = forms.IntegerField(
        label=gettext_lazy("or working days"), required=False, min_value=1, max_value=MOST_WORKING_DAYS
    )
    cut_off = forms.TimeField(label=gettext_lazy("Cut-off hour"), required=False, widget=TimeInput())

    def __init__(
        self, *args: object, stage: Stage, exceptions: Mapping[date, bool], **kwargs: object
    ) -> None:
        self.stage, self.exceptions = stage, exceptions
        self.label = STAGE_LABELS[stage]
        super().__init__(*args, **(kwargs | {"prefix": str(stage)}))  # type: ignore[arg-type]  # passed through untouched
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{self.label} {self.fields[name].label}"

    def clean(self) -> dict[str, Any]:
        """Working days win over the last day: who types a number wants it counted."""
        kept: dict[str, Any] = super().clean() or self.cleaned_data
        opens, days = kept.get("opens_on"), kept.get("days")
        if days and opens is None and "opens_on" not in self.errors:
            raise ValidationError(_("Working days are counted from the first day; please give it."))
        if days and opens is not None:
            kept["closes_on"] = last_of_working_days(opens, days, self.exceptions)
        return kept

    @property
    def window(self) -> dict[str, Any]:
        """What is stored: the days, and the hour."""
        return {name: self.cleaned_data.get(name) for name in ("opens_on", "closes_on", "cut_off")}


class ReopenForm(forms.Form):
    """One stage for the units ticked, or for all, until the end of a day or an hour of it."""

    stage = forms.ChoiceField(label=gettext_lazy("Stage"))
    everybody = forms.BooleanField(label=gettext_lazy("all units"), required=False)
    units = forms.ModelMultipleChoiceField(
        Unit.objects.none(), label=gettext_lazy("Units"), required=False, widget=forms.CheckboxSelectMultiple
    )
    day = forms.DateField(label=gettext_lazy("Open until the day"), required=False, widget=DayInput())
    days = forms.IntegerField(
        label=gettext_lazy("or for so many working days"),
        required=False,
        min_value=1,
        max_value=MOST_WORKING_DAYS,
        help_text=gettext_lazy("Counted from tomorrow by the working-day calendar."),
    )
    hour = forms.TimeField(
        label=gettext_lazy("Cut-off hour"),
        required=False,
        widget=TimeInput(),
        help_text=gettext_lazy("Empty: until 24:00."),
    )
    reason = ReasonForm.base_fields["reason"]

    def __init__(
        self,
        *args: object,
        stages: list[Stage],
        units: list[Unit],
        exceptions: Mapping[date, bool],
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.exceptions = exceptions
        field = self.fields["stage"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(s), STAGE_LABELS[s]) for s in reversed(stages)]
        chooser = self.fields["units"]
        assert isinstance(chooser, forms.ModelMultipleChoiceField)
        chooser.queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])

    def clean(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().clean() or self.cleaned_data
        if "units" not in self.errors and not kept.get("everybody") and not kept.get("units"):
            self.add_error("units", _("Please tick at least one unit, or all units."))
        given = [kept.get("day"), kept.get("days")]
        if not {"day", "days"} & set(self.errors) and given.count(None) != 1:
            self.add_error("day", _("Please give either the last day or a number of working days."))
        return kept

    @property
    def until(self) -> datetime:
        """The instant at which it closes again."""
        day, hour = self.cleaned_data["day"], self.cleaned_data["hour"]
        if day is None:
            day = add_working_days(timezone.localdate(), self.cleaned_data["days"], self.exceptions)
        if hour is None:
            day, hour = day + timedelta(days=1), datetime.min.time()
        return timezone.make_aware(datetime.combine(day, hour))


class CalendarForm(forms.Form):
    """A span of days that are holidays, or that are worked although they are weekend."""

    first = forms.DateField(label=gettext_lazy("First day"), widget=DayInput())
    last = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("Empty: one day."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("holiday", gettext_lazy("holiday")), ("worked", gettext_lazy("worked"))],
        widget=forms.RadioSelect,
        initial="holiday",
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=60, required=False)


class CountForm(forms.Form):
    """Asks when so many working days after a day are over."""

    start = forms.DateField(label=gettext_lazy("From the day"), widget=DayInput())
    days = forms.IntegerField(label=gettext_lazy("Working days"), min_value=1, max_value=MOST_WORKING_DAYS)
