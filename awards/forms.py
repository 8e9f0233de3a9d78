"""What people type on the pages of awards, money and readings.

Only reads it; what may be done is decided by the actions.
"""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from awards import money
from awards.models import AwardScheme, Filling, PrizeLine, TieRuling
from units.actions.signing import LONGEST_REASON
from units.forms import DayInput
from units.models import Cycle, Membership, Unit


def _reason(*, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=required,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReasonForm(forms.Form):
    reason = _reason()


class AmendmentForm(forms.Form):
    """What goes with the changes of an amendment."""

    wording = forms.CharField(
        label=_("Amended wording"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The rule as it reads from now on; may stand alone when no figure changes."),
    )
    clause = forms.CharField(label=_("Clause of the plan"), max_length=40, required=False)
    on = forms.DateField(label=_("Holds from"), widget=DayInput())
    reason = _reason()


class SingleAppraisalForm(forms.Form):
    project = forms.CharField(label=_("Project"), max_length=120)
    applicant = forms.CharField(label=_("Applicant"), max_length=80)
    is_approved = forms.ChoiceField(
        label=_("The paper says"), choices=[("yes", _("approved")), ("no", _("not approved"))]
    )
    paper_number = forms.CharField(label=_("Document number"), max_length=80)
    paper_title = forms.CharField(label=_("Title"), max_length=200, required=False)
    paper_on = forms.DateField(label=_("Date of the paper"), widget=DayInput())
    scan = forms.FileField(label=_("Scan of the paper"), help_text=_("PDF, PNG or JPEG."))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class DepartureForm(forms.Form):
    """Another unit for a seat; empty leaves the seat without one."""

    membership = forms.ChoiceField(label=_("Goes to"), required=False)
    reason = _reason()

    def __init__(self, *args: object, choices: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        field = self.fields["membership"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("nobody, the place stays empty")), *choices]


class TieForm(forms.Form):
    """Share the sum, or the sequence of the equals."""

    how = forms.ChoiceField(label=_("How"), choices=TieRuling.How.choices, widget=forms.RadioSelect())
    reason = _reason()

    def __init__(self, *args: object, equals: Sequence[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.equals = list(equals)
        numbers = [(str(n), str(n)) for n in range(1, len(equals) + 1)]
        for number, (key, name) in enumerate(equals, start=1):
            self.fields[f"at_{key}"] = forms.ChoiceField(
                label=_("Sequence of %(unit)s") % {"unit": name}, choices=numbers, initial=str(number)
            )
        self.order_fields(["how", *(f"at_{key}" for key, _name in equals), "reason"])

    def members(self) -> list[int]:
        """The equals in the sequence typed; one number twice gives a sequence that the action refuses."""
        by_number = {self.cleaned_data[f"at_{key}"]: key for key, _name in self.equals}
        return [by_number[number] for number in sorted(by_number, key=int)]


class FillingForm(forms.Form):
    filling = forms.ChoiceField(
        label=_("A barred unit's place"), choices=Filling.choices, widget=forms.RadioSelect()
    )
    reason = _reason()


class IndividualForm(forms.Form):
    prize = forms.ModelChoiceField(PrizeLine.objects.none(), label=_("Class"), empty_label=None)
    name = forms.CharField(label=_("Name"), max_length=40)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    post = forms.CharField(label=_("Post"), max_length=60, required=False)
    merit = forms.CharField(
        label=_("Merit"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: object, cycle: Cycle, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        prize, unit = self.fields["prize"], self.fields["unit"]
        assert isinstance(prize, forms.ModelChoiceField)
        assert isinstance(unit, forms.ModelChoiceField)
        prize.queryset = PrizeLine.objects.filter(scheme__cycle=cycle, scheme__kind="个人").select_related(
            "scheme"
        )
        unit.queryset = Unit.objects.filter(memberships__block__cycle=cycle).distinct()


class NominationForm(forms.Form):
    membership = forms.ModelChoiceField(Membership.objects.none(), label=_("Unit"))
    rank = forms.IntegerField(label=_("Place on the list"), min_value=1, max_value=99, initial=1)
    reason = _reason()

    def __init__(
        self, *args: object, scheme: AwardScheme, without: int | None, taken: int, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.fields["rank"].initial = taken + 1
        chooser = self.fields["membership"]
        assert isinstance(chooser, forms.ModelChoiceField)
        chooser.queryset = (
            Membership.objects.filter(block__in=scheme.blocks.all())
            .exclude(unit__in=[without] if without else [])
            .select_related("unit", "block")
            .order_by("block__order", "unit__order")
        )


class YuanField(forms.CharField):
    """An amount in yuan, kept as fen; nothing is rounded."""

    def clean(self, value: object) -> int:
        text = super().clean(value)
        try:
            return money.parse_yuan(text)
        except ValueError:
            raise forms.ValidationError(
                _(
                    "“%(value)s” is no amount in yuan. Enter a number with at most two decimals, such as 1200.50."
                ),
                params={"value": text},
                code="no-amount",
            ) from None


class PrizeChangeForm(forms.Form):
    amount = YuanField(label=_("New amount (元)"), max_length=20)
    reason = _reason()


class ShareForm(forms.Form):
    """One line of a division; a line without name and amount is left out."""

    person = forms.CharField(label=_("Name"), max_length=40, required=False)
    post = forms.CharField(label=_("Post"), max_length=60, required=False)
    amount = forms.CharField(label=_("Amount (元)"), max_length=20, required=False)
    is_head = forms.BooleanField(label=_("head of the unit"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, object]:
        typed = dict(self.cleaned_data)
        text = str(typed.get("amount") or "").strip()
        self.is_blank = not text and not str(typed.get("person") or "").strip()
        typed["amount_fen"] = 0
        if text:
            try:
                typed["amount_fen"] = money.parse_yuan(text)
            except ValueError:
                self.add_error(
                    "amount",
                    _(
                        "“%(value)s” is no amount in yuan. Enter a number with at most two decimals, such as 1200.50."
                    )
                    % {"value": text},
                )
        return typed


class QuestionForm(forms.Form):
    """A question of the office's own about how the plan is read, its answers one in each line."""

    question = forms.CharField(label=_("Question"), max_length=200)
    answers = forms.CharField(
        label=_("Answers, one in each line"), max_length=1000, widget=forms.Textarea({"rows": 4})
    )


class RulingForm(forms.Form):
    """One answer to one question of the register; R9's mix needs its proportion."""

    choice = forms.ChoiceField(label=_("Answer"), widget=forms.RadioSelect())
    p = forms.IntegerField(
        label=_("Part of the preliminary score"), min_value=0, max_value=100, required=False
    )
    q = forms.IntegerField(label=_("Part of the on-site score"), min_value=0, max_value=100, required=False)
    reason = _reason()

    def __init__(
        self, *args: object, choices: Sequence[tuple[str, object]], with_mix: bool, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        field = self.fields["choice"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, str(words)) for name, words in choices]
        if not with_mix:
            del self.fields["p"], self.fields["q"]

    def figures(self) -> dict[str, object]:
        return {k: self.cleaned_data[k] for k in ("p", "q") if self.cleaned_data.get(k) is not None}
