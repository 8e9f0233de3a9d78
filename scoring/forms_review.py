"""What people type about visits and reviews.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from units.models import Team

Group = tuple[str, list[tuple[int, str]]]
DAY = {"type": "date"}


class VisitForm(forms.Form):
    """The day of a visit and the cells it looks at, ticked item by item."""

    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    cells = forms.TypedMultipleChoiceField(
        label=_("Sub-items to look at"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "tick-groups"}),
        help_text=_("Where only a visit counts, the cell stays missing without one."),
    )
    note = forms.CharField(
        label=_("What to look at"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, groups: Sequence[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cells"].choices = list(groups)  # type: ignore[attr-defined]  # a choice field


class TeamVisitsForm(forms.Form):
    """Visits for all units of one team at once."""

    team = forms.ModelChoiceField(queryset=Team.objects.none(), label=_("Team"))
    since = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    per_day = forms.IntegerField(label=_("Units a day"), min_value=1, max_value=10, initial=2)
    with_both = forms.BooleanField(
        label=_("Also sub-items that may be judged on paper"), required=False, initial=True
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]  # ModelChoiceField


class SupplementForm(forms.Form):
    """What a unit is to supply, and until when."""

    what = forms.CharField(
        label=_("What is asked for"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_on = forms.DateField(label=_("Answer until"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))


class LimitsForm(forms.Form):
    """Per cent from which on a finding of distortion is listed."""

    above_ledger = forms.IntegerField(
        label=_("Self above the ledgers, per cent of the base"), min_value=1, max_value=100
    )
    above_lead = forms.IntegerField(
        label=_("Self above the lead's score, per cent of the base"), min_value=1, max_value=100
    )
    above_returns = forms.IntegerField(
        label=_("A claim above the return, per cent of the return"), min_value=1, max_value=100
    )
    jump = forms.IntegerField(
        label=_("Last period against the mean before, per cent"), min_value=1, max_value=2000
    )
    flat_full = forms.IntegerField(
        label=_("Cells with full marks, per cent of a unit's cells"), min_value=1, max_value=100
    )
    flat_lead = forms.IntegerField(
        label=_("Range of a lead's scores, per cent of the base"), min_value=1, max_value=100
    )
