"""What people type about appeals.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from office.models import User
from scoring.models import Channel, DeliveryHow, Outcome, Recheck
from units.models import Unit

ACCEPT = ".pdf,.png,.jpg,.jpeg,.ofd"


def _unit_field(field: forms.Field, units: Any) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = units


class RegisterForm(forms.Form):
    """Something that came on paper, by letter or by phone."""

    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[(str(c), c.label) for c in (Channel.PAPER, Channel.LETTER, Channel.CALL)],
    )
    unit = forms.ModelChoiceField(
        queryset=Unit.objects.none(),
        label=_("Asking unit"),
        required=False,
        help_text=_("For signed paper; of a letter or call where it is known."),
    )
    about = forms.ModelChoiceField(queryset=Unit.objects.none(), label=_("Whose result is questioned"))
    sender = forms.CharField(label=_("Who signed, wrote or called"), max_length=60, required=False)
    received_on = forms.DateField(
        label=_("Day it came"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    words = forms.CharField(
        label=_("What is questioned and why"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    points = forms.MultipleChoiceField(
        label=_("Scores, decisions and papers it names"),
        required=False,
        choices=[],
        help_text=_("Choose the unit first and press “Show its scores”; on paper at least one is needed."),
    )
    file = forms.FileField(
        label=_("Scan of the signed paper"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=_("PDF, picture or OFD. Needed for signed paper."),
    )

    def __init__(
        self, *args: Any, units: Any, choices: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _unit_field(self.fields["unit"], units)
        _unit_field(self.fields["about"], units)
        points = self.fields["points"]
        assert isinstance(points, forms.MultipleChoiceField)
        points.choices = list(choices)
        points.widget.attrs["size"] = min(12, max(3, len(choices)))


class ReviewerForm(forms.Form):
    reviewer = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=_("Who re-checks"),
        help_text=_("Only people who belong to neither unit are listed."),
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(pk__in=[user.pk for user in people]).order_by(
            "display_name", "username"
        )


class RecheckForm(forms.Form):
    text = forms.CharField(
        label=_("What was looked at and found"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    advice = forms.ChoiceField(
        label=_("Advice"), choices=Recheck.Advice.choices, widget=forms.RadioSelect, required=False
    )
    file = forms.FileField(
        label=_("File"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ACCEPT})
    )


class RulingForm(forms.Form):
    """How one point is decided; the score only where a score is questioned."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[(str(o), o.label) for o in (Outcome.UPHELD, Outcome.KEPT)],
        widget=forms.RadioSelect,
        required=False,
    )
    score_kind = forms.ChoiceField(label=_("Which score is corrected"), choices=[], required=False)
    score_points = forms.DecimalField(
        label=_("Corrected score"),
        required=False,
        max_digits=12,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kinds:
            field = self.fields["score_kind"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(kinds)
        else:
            del self.fields["score_kind"], self.fields["score_points"]


class AnswerForm(forms.Form):
    reply = forms.CharField(
        label=_("What was answered"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class DeliveryForm(forms.Form):
    unit = forms.ModelChoiceField(queryset=Unit.objects.none(), label=_("Unit"))
    reached_on = forms.DateField(label=_("Reached on"), widget=forms.DateInput(attrs={"type": "date"}))
    receiver = forms.CharField(label=_("Who received it"), max_length=60)
    how = forms.ChoiceField(label=_("How it reached the unit"), choices=DeliveryHow.choices)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _unit_field(self.fields["unit"], units)


class TermsForm(forms.Form):
    working_days = forms.IntegerField(label=_("Working days for questions"), min_value=1, max_value=60)
