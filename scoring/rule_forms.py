"""What a lead types about its detailed rules; made to work without script and on old browsers.

Whether it may be is decided by scoring.actions.detailed_rules; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from office.fields import format_points
from scoring.actions.detailed_rules import LONGEST_TEXT, IndicatorDraft, RuleDraft
from scoring.commitment_forms import file_field
from scoring.models import DetailedRule, RuleIndicator


class RuleForm(forms.Form):
    """The text, the floor, a file."""

    text = forms.CharField(
        label=_("Rules as filed"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Brief and workable: what is looked at, how it is counted, what takes points off."),
    )
    floor_points = forms.DecimalField(
        label=_("Floor"),
        required=False,
        max_digits=12,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"class": "num", "inputmode": "decimal", "step": "any"}),
        help_text=_("Leave empty for “nothing below 0”."),
    )
    floor_text = forms.CharField(
        label=_("Floor as worded"),
        max_length=200,
        required=False,
        help_text=_("Needed when the floor is not 0."),
    )
    file = file_field(_("File"), _("The signed rules, if you have them on paper."))


class IndicatorForm(forms.Form):
    """One indicator; empty ones are left out."""

    name = forms.CharField(
        label=_("Indicator"), max_length=100, required=False, help_text=_("Empty the name to take it away.")
    )
    base_points = forms.DecimalField(
        label=_("Base"),
        required=False,
        max_digits=12,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"class": "num", "inputmode": "decimal", "step": "any"}),
    )
    rule_text = forms.CharField(
        label=_("Rule"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    steps = forms.CharField(
        label=_("Deduction steps"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One step a line, with what it takes off."),
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("name") and data.get("base_points") is None and "base_points" not in self.errors:
            self.add_error("base_points", _("Please enter its base."))
        return data

    def draft(self) -> IndicatorDraft:
        data = self.cleaned_data
        return IndicatorDraft(
            name=data["name"],
            base_points=data["base_points"],
            rule_text=data["rule_text"],
            steps=tuple(data["steps"].splitlines()),
        )


class _Indicators(forms.BaseFormSet[IndicatorForm]):
    def drafts(self) -> list[IndicatorDraft]:
        """The indicators as typed; one whose name was emptied is taken away."""
        return [form.draft() for form in self.forms if form.cleaned_data.get("name")]


def indicator_formset(*, extra: int) -> type[_Indicators]:
    made: Any = forms.formset_factory(IndicatorForm, formset=_Indicators, extra=extra)
    return cast("type[_Indicators]", made)


def initial_of(indicators: Sequence[RuleIndicator]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "base_points": format_points(one.base_points),
            "rule_text": one.rule_text,
            "steps": "\n".join(one.steps),
        }
        for one in indicators
    ]


def rule_initial(rule: DetailedRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    floor = rule.floor_points
    return {
        "text": rule.text,
        "floor_points": format_points(floor) if floor is not None else None,
        "floor_text": rule.floor_text,
    }


def draft_of(form: RuleForm, indicators: Sequence[IndicatorDraft]) -> RuleDraft:
    data = form.cleaned_data
    return RuleDraft(
        text=data["text"],
        indicators=indicators,
        floor_points=data["floor_points"],
        floor_text=data["floor_text"],
    )
