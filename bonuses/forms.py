"""What people type about papers: claims, vetoes, findings, issuers, reasons.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bonuses.claims import Claim, PaperDraft
from bonuses.models import AdjustmentKind, DocumentKind, Honoured, Pool, Scope, VetoLevel
from bonuses.policy import VETO_FIELDS
from bonuses.workbooks import LEVELS
from units.models import Unit


def _choices(labels: Any) -> list[tuple[str, Any]]:
    """value · label: the stored Chinese word is what the office calls it."""
    return [(value, label) for value, label in labels.choices]


class PaperFields(forms.Form):
    """A paper of either kind with its scan."""

    paper_kind = forms.ChoiceField(label=_("Kind of paper"), choices=_choices(DocumentKind))
    number = forms.CharField(
        label=_("Document number"), max_length=80, required=False, help_text=_("Not for a signed original.")
    )
    title = forms.CharField(label=_("Title of the paper"), max_length=200, required=False)
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "issuers", "autocomplete": "off"}),
        help_text=_("The level follows from the table of issuers."),
    )
    leader = forms.CharField(
        label=_("Leader who signed"), max_length=60, required=False, help_text=_("For a signed original.")
    )
    words = forms.CharField(
        label=_("The leader's words"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    on = forms.DateField(
        label=_("Date of the paper"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    file = forms.FileField(
        label=_("Scan of the paper"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.ofd"}),
        help_text=_("PDF, picture or OFD, at most 30 MB. Needed unless the paper is kept already."),
    )

    def paper(self) -> PaperDraft:
        data = self.cleaned_data
        return PaperDraft(
            kind=data["paper_kind"],
            number=data["number"],
            title=data["title"],
            issuer=data["issuer"],
            leader=data["leader"],
            words=data["words"],
            on=data["on"],
        )


class ClaimForm(PaperFields):
    """One paper and what it does to the units it names."""

    field_order = ["units", "kind", "scope", "honoured", "rank", "pool", "listed", "paper_kind"]

    units = forms.ModelMultipleChoiceField(
        queryset=Unit.objects.none(),
        label=_("Units that the paper names"),
        required=False,
        help_text=_("Several may be chosen; each takes it in full."),
    )
    kind = forms.ChoiceField(label=_("What it does"), choices=_choices(AdjustmentKind))
    scope = forms.ChoiceField(label=_("Scope"), choices=_choices(Scope))
    honoured = forms.ChoiceField(label=_("Honoured party"), choices=_choices(Honoured))
    rank = forms.IntegerField(
        label=_("Place"), required=False, min_value=1, max_value=99, help_text=_("For a top three.")
    )
    pool = forms.ModelChoiceField(
        queryset=Pool.objects.none(),
        label=_("Project of the reward points"),
        required=False,
        to_field_name="name",
    )
    listed = forms.DecimalField(
        label=_("Listed points"),
        required=False,
        help_text=_("Only for reward points; all others follow from the tariff."),
    )
    carried_over = forms.BooleanField(label=_("Of the year before, not added then"), required=False)
    proof = forms.CharField(label=_("How that is proved"), max_length=300, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(
        self, *args: Any, units: Sequence[Unit], pools: Any, may_reward: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["units"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])
        chosen.widget.attrs["size"] = min(8, max(2, len(units)))
        if len(units) == 1:
            chosen.initial = [units[0].pk]
        if may_reward:
            pool = self.fields["pool"]
            assert isinstance(pool, forms.ModelChoiceField)
            pool.queryset = pools
        else:
            del self.fields["pool"], self.fields["listed"]
            kind = self.fields["kind"]
            assert isinstance(kind, forms.ChoiceField)
            kind.choices = [(v, w) for v, w in _choices(AdjustmentKind) if v != AdjustmentKind.REWARD]

    def claim(self) -> Claim:
        data = self.cleaned_data
        return Claim(
            kind=data["kind"],
            scope=data["scope"],
            honoured=data["honoured"],
            rank=data["rank"],
            pool=data.get("pool"),
            listed=data.get("listed"),
            carried_over=data["carried_over"],
            proof=data["proof"],
            note=data["note"],
        )


class VetoForm(PaperFields):
    field_order = ["unit", "field", "level", "deciding_body", "decided_on", "paper_kind"]

    unit = forms.ModelChoiceField(queryset=Unit.objects.none(), label=_("Unit"))
    field = forms.ChoiceField(label=_("Field"), choices=[(name, name) for name in VETO_FIELDS])
    level = forms.ChoiceField(label=_("Level"), choices=_choices(VetoLevel))
    deciding_body = forms.CharField(label=_("Deciding body"), max_length=80, required=False)
    decided_on = forms.DateField(
        label=_("Date of the decision"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = units


class FindingForm(forms.Form):
    unit = forms.ModelChoiceField(queryset=Unit.objects.none(), label=_("Unit"))
    what = forms.CharField(label=_("What was found"), widget=forms.Textarea(attrs={"rows": 3}))
    responsibility = forms.CharField(label=_("The principal's responsibility"), max_length=300)
    on = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = units


class IssuerForm(forms.Form):
    name = forms.CharField(label=_("Issuer"), max_length=80)
    level = forms.ChoiceField(label=_("Level"), choices=[(level, level) for level in LEVELS])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
