"""The forms of the site's own pages: account, windows, moving, reopening, copying a year, the log's filter.

They read what was typed; whether it may be done is asked of the actions.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from office.tokens import LONGEST_DAYS
from units.actions.cycle import LONGEST_REASON
from units.models import STAGE_LABELS, Unit
from units.stages import Stage


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class ProfileForm(forms.Form):
    phone = forms.CharField(label=_("Mobile phone"), max_length=30, required=False)


class TokenForm(forms.Form):
    label = forms.CharField(label=_("Used for"), max_length=60)
    days = forms.IntegerField(
        label=_("Lasts days"), min_value=1, max_value=LONGEST_DAYS, initial=30, help_text=_("1 to 90.")
    )


class ReasonForm(forms.Form):
    """A reason, required by the action where one is needed."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class MoveBackForm(ReasonForm):
    def __init__(self, *args: object, stages: list[Stage], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.fields["stage"] = forms.ChoiceField(
            label=_("Back to"), choices=[(str(s), STAGE_LABELS[s]) for s in reversed(stages)]
        )
        self.order_fields(["stage", "reason"])


class ReopenForm(forms.Form):
    """One unit or all, one stage, until the end of a day or an hour of it."""

    stage = forms.ChoiceField(label=_("Stage"))
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("all units")
    )
    day = forms.DateField(label=_("Open until the day"), widget=DayInput())
    hour = forms.TimeField(
        label=_("Cut-off hour"), required=False, widget=TimeInput(), help_text=_("Empty: until 24:00.")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: object, stages: list[Stage], units: list[Unit], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        field = self.fields["stage"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(s), STAGE_LABELS[s]) for s in reversed(stages)]
        chooser = self.fields["unit"]
        assert isinstance(chooser, forms.ModelChoiceField)
        chooser.queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])

    @property
    def until(self) -> datetime:
        """The instant at which it closes again."""
        day, hour = self.cleaned_data["day"], self.cleaned_data["hour"]
        if hour is None:
            day, hour = day + timedelta(days=1), datetime.min.time()
        return timezone.make_aware(datetime.combine(day, hour))


class WindowForm(forms.Form):
    """One stage's window; both days empty: none."""

    opens_on = forms.DateField(label=_("First day"), required=False, widget=DayInput())
    closes_on = forms.DateField(label=_("Last day"), required=False, widget=DayInput())
    cut_off = forms.TimeField(label=_("Cut-off hour"), required=False, widget=TimeInput())

    def __init__(self, *args: object, stage: Stage, **kwargs: object) -> None:
        self.stage = stage
        self.label = STAGE_LABELS[stage]
        super().__init__(*args, **(kwargs | {"prefix": str(stage)}))  # type: ignore[arg-type]  # passed through untouched
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{self.label} {self.fields[name].label}"


class LogFilter(forms.Form):
    """What part of the log is shown; what cannot be read is left out of the filter."""

    who = forms.CharField(required=False, max_length=150)
    act = forms.CharField(required=False, max_length=60)
    year = forms.CharField(required=False, max_length=40)
    text = forms.CharField(required=False, max_length=100)
    first = forms.DateField(required=False)
    last = forms.DateField(required=False)


class CopyYearForm(forms.Form):
    """Asks for the new year; the code is the year unless a unit appraises its own people."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2999)
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        help_text=_("Leave it empty to use the year; a unit's own appraisal has a code such as 2013-农业局."),
    )
    name = forms.CharField(label=_("Name"), max_length=120)
