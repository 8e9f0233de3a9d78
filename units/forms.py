"""What people type about teams and ties.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from office.models import User
from units.models import Unit

Group = tuple[str, list[tuple[int, str]]]


class TeamForm(forms.Form):
    """A team's name, its people, the units it looks at, ticked block by block."""

    name = forms.CharField(label=_("Name of the team"), max_length=60)
    people = forms.ModelMultipleChoiceField(
        queryset=User.objects.none(),
        label=_("Reviewers"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "tick-cols"}),
        help_text=_("At least two, because two persons sign a visit."),
    )
    units = forms.TypedMultipleChoiceField(
        label=_("Units the team looks at"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "tick-groups"}),
        help_text=_("In brackets stands the team that already looks at the unit."),
    )

    def __init__(self, *args: Any, people: Any, groups: Sequence[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people  # type: ignore[attr-defined]  # ModelMultipleChoiceField
        self.fields["units"].choices = list(groups)  # type: ignore[attr-defined]  # a choice field


class ConflictForm(forms.Form):
    """One's own tie to a unit."""

    unit = forms.ModelChoiceField(queryset=Unit.objects.none(), label=_("Unit"))
    reason = forms.CharField(
        label=_("What ties you to it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: I worked there until last year; a near relative works there."),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # ModelChoiceField
