"""What people type about promises, progress and coverage; made to work without script and on old browsers.

Whether it may be is decided by the actions; a form only reads fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from office.evidence import ACCEPT
from scoring.actions.commitments import LONGEST_WORDS, GoalDraft
from scoring.actions.coverage import MOST, Counts
from scoring.actions.progress import LONGEST_SUMMARY, GoalProgress
from scoring.models import Goal, SubItem

# A browser that knows no date field sends what was typed; these are the ways a day is written here.
DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date", "placeholder": "2012-06-30"}, format="%Y-%m-%d"),
    )


def file_field(label: Any, help_text: Any = "") -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
    )


def serving(subs: Sequence[SubItem]) -> list[Any]:
    """The sub-items a goal may serve, grouped by block and major item, with “none in particular” first."""
    groups = [
        (" · ".join(key), [(str(sub.pk), sub.name) for sub in members])
        for key, members in groupby(subs, key=lambda sub: (sub.item.block.name, sub.item.name))
    ]
    return [("", _("none in particular")), *groups]


class GoalForm(forms.Form):
    """One promise; an empty last one is left out."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=_("Goal"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    measure = forms.CharField(
        label=_("Measured by"), max_length=200, help_text=_("What one would count or look at.")
    )
    target = forms.CharField(label=_("Target"), max_length=100, help_text=_("The figure or state promised."))
    due = day_field(_("Due"))
    sub_item = forms.ChoiceField(label=_("Serves the sub-item"), required=False)
    support = forms.CharField(
        label=_("Support asked of the superior"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Leave empty when none is needed."),
    )
    gone = forms.BooleanField(label=_("Take this goal away"), required=False)

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["sub_item"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = choices
        if self.initial.get("id") is None:
            del self.fields["gone"]

    def full_clean(self) -> None:
        """A goal that is taken away need not be complete."""
        super().full_clean()
        if self.is_bound and getattr(self, "cleaned_data", {}).get("gone"):
            self._errors = forms.utils.ErrorDict()

    @property
    def is_gone(self) -> bool:
        return bool(self.cleaned_data.get("gone"))

    def draft(self) -> GoalDraft:
        data = self.cleaned_data
        return GoalDraft(
            text=data["text"],
            measure=data["measure"],
            target=data["target"],
            due=data["due"],
            sub_item_id=int(data["sub_item"]) if data["sub_item"] else None,
            support=data["support"],
            id=data["id"],
        )


class _Goals(forms.BaseFormSet[GoalForm]):
    def drafts(self) -> list[GoalDraft]:
        """The goals as typed, in their order, without empty ones and those taken away."""
        return [
            form.draft()
            for form in self.forms
            if form.cleaned_data and not form.is_gone and (form.has_changed() or form.initial)
        ]


def goal_formset(*, extra: int) -> type[_Goals]:
    made: Any = forms.formset_factory(GoalForm, formset=_Goals, extra=extra)
    return cast("type[_Goals]", made)


def initial_of(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    return [
        {
            "id": goal.pk,
            "text": goal.text,
            "measure": goal.measure,
            "target": goal.target,
            "due": goal.due,
            "sub_item": str(goal.sub_item_id or ""),
            "support": goal.support,
        }
        for goal in goals
    ]


def initial_posted(posted: Mapping[str, Any], goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """The goals the form was drawn with, by the ids it sent back: another's newer goals do not mix in."""
    there = {one["id"]: one for one in initial_of(goals)}
    count = str(posted.get("form-INITIAL_FORMS", ""))
    ids = [
        str(posted.get(f"form-{n}-id", "")) for n in range(min(int(count), 200) if count.isdecimal() else 0)
    ]
    return [there.get(int(one), {"id": int(one)}) for one in ids if one.isdecimal() and len(one) < 19]


class WordsForm(forms.Form):
    """What the office says when it examines."""

    words = forms.CharField(
        label=_("Words to the unit"),
        max_length=LONGEST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when you return it; the unit reads them beside its goals."),
    )


class TermsForm(forms.Form):
    """Until when each quarter's progress is reported."""

    q1 = day_field(_("first quarter"), required=False)
    q2 = day_field(_("second quarter"), required=False)
    q3 = day_field(_("third quarter"), required=False)
    q4 = day_field(_("fourth quarter"), required=False)

    def terms(self) -> dict[int, date | None]:
        return {quarter: self.cleaned_data[f"q{quarter}"] for quarter in (1, 2, 3, 4)}


class ReportForm(forms.Form):
    """The progress of every goal of one quarter: a percentage and words for each."""

    def __init__(self, *args: Any, goals: Sequence[Goal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.goals = list(goals)
        for goal in self.goals:
            self.fields[f"percent_{goal.pk}"] = forms.IntegerField(
                label=_("Fulfilled, per cent"),
                required=False,
                min_value=0,
                max_value=100,
                widget=forms.NumberInput(attrs={"class": "num", "inputmode": "numeric"}),
            )
            self.fields[f"words_{goal.pk}"] = forms.CharField(
                label=_("Explanation"),
                max_length=500,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.fields["summary"] = forms.CharField(
            label=_("In general"),
            max_length=LONGEST_SUMMARY,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        self.fields["file"] = file_field(
            _("File"), _("If you want to attach one: PDF, picture, .xlsx, .docx or .ofd.")
        )

    def rows(self) -> list[tuple[Goal, forms.BoundField, forms.BoundField]]:
        """Each goal with its two fields."""
        return [(goal, self[f"percent_{goal.pk}"], self[f"words_{goal.pk}"]) for goal in self.goals]

    def lines(self) -> dict[int, GoalProgress]:
        data = self.cleaned_data
        return {
            goal.pk: GoalProgress(data[f"percent_{goal.pk}"], data[f"words_{goal.pk}"]) for goal in self.goals
        }


class CoverageForm(forms.Form):
    """Three figures for each kind that stands below the unit."""

    FIGURES = (("due", _("there are")), ("committed", _("have promised")), ("appraised", _("were appraised")))

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, Any]], needs_file: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = list(kinds)
        for below, _label in self.kinds:
            for name, label in self.FIGURES:
                self.fields[f"{below}_{name}"] = forms.IntegerField(
                    label=label,
                    min_value=0,
                    max_value=MOST,
                    widget=forms.NumberInput(attrs={"class": "num", "inputmode": "numeric"}),
                )
        self.fields["note"] = forms.CharField(
            label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
        )
        self.fields["file"] = file_field(
            _("File that shows it"),
            _("The signed list or its scan; PDF, picture, .xlsx, .docx or .ofd.")
            if needs_file
            else _("Leave empty to keep the file that is there."),
        )

    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (label, [self[f"{below}_{name}"] for name, _word in self.FIGURES]) for below, label in self.kinds
        ]

    def counts(self) -> dict[str, Counts]:
        data = self.cleaned_data
        return {
            below: Counts(*(data[f"{below}_{name}"] for name, _word in self.FIGURES))
            for below, _label in self.kinds
        }
