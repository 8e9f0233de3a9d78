"""What people type about teams, ties and the minutes of a meeting.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from office import files
from office.models import User
from units.actions.signing import LONGEST_REASON, Minutes
from units.group_decisions import Choice
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


SCANS = frozenset({files.PDF, files.PNG, files.JPEG})


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MeetingForm(forms.Form):
    """The leading group's meeting as its minutes name it."""

    met_on = forms.DateField(label=_("Meeting of"), widget=DayInput())
    chair = forms.CharField(label=_("Chair"), max_length=60)
    present = forms.CharField(label=_("Present"), max_length=500)


class MinutesForm(MeetingForm):
    """The meeting with the scan of its signed minutes."""

    scan = forms.FileField(label=_("Scan of the signed minutes"), help_text=_("PDF, PNG or JPEG."))

    def minutes(self, by: User) -> Minutes:
        """Stores the scan.  Raises Refused for content that is no scan."""
        typed = self.cleaned_data
        scan = typed["scan"]
        stored = files.store(scan.chunks(), scan.name or "", by, allowed=SCANS)
        return Minutes(typed["met_on"], typed["chair"], typed["present"], stored)


class DecisionForm(MeetingForm):
    """A decision as the minutes word it: what the deed asks for, its reason, the meeting, the scan if it is here."""

    scan = forms.FileField(
        label=_("Scan of the signed minutes"),
        required=False,
        help_text=_(
            "PDF, PNG or JPEG. Leave it empty to print the sheet first; its scan finds its place by the code."
        ),
    )

    def __init__(self, *args: Any, choices: Sequence[Choice], with_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in choices:
            self.fields[one.name] = (
                forms.ChoiceField(label=str(one.label), choices=list(one.options), required=one.required)
                if one.options
                else forms.CharField(label=str(one.label), max_length=40, required=one.required)
            )
        if with_reason:
            self.fields["reason"] = forms.CharField(
                label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3})
            )
        self.order_fields([*(one.name for one in choices), "reason"])

    def typed(self) -> dict[str, str]:
        """What the deed is given: everything beside meeting and scan, as text."""
        own = {"met_on", "chair", "present", "scan"}
        return {name: str(value or "") for name, value in self.cleaned_data.items() if name not in own}
