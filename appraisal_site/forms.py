"""The forms of the site's own pages: account, copying a year, the log's filter, a reason, fields for days and hours.

They read what was typed; whether it may be done is asked of the actions. Those of the year's procedure are in
appraisal_site.procedure_forms.
"""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from office.tokens import LONGEST_DAYS
from units.actions.cycle import LONGEST_REASON


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
