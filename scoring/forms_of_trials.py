"""What is typed on the what-if bench, read into steps; what a step may hold is checked in trial_queries.

Weights come as one form of all items: those that differ from today become steps, those set back leave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from scoring.trial_bench import Bench
from scoring.trial_steps import (
    InvolvedStep,
    LookStep,
    MissingStep,
    NewPaperStep,
    PoolStep,
    Step,
    SuspendStep,
    TariffStep,
    UnreadableStep,
    WeightStep,
    number,
    read,
)

WHAT_CELL = (
    ("score", gettext_lazy("the score below")),
    ("none", gettext_lazy("no such score")),
    ("not-involved", gettext_lazy("not involved: the mean counts")),
    ("involved", gettext_lazy("involved: the own scores count")),
    ("missing-mean", gettext_lazy("missing, decided as the mean of the others")),
    ("missing-zero", gettext_lazy("missing, decided as zero")),
)
WHAT_RULE = (
    ("suspend", gettext_lazy("left out for the whole block")),
    ("count", gettext_lazy("counts again")),
    ("visit", gettext_lazy("only an on-site score counts")),
    ("papers", gettext_lazy("preliminary and lead scores count as well")),
)
Typed = tuple[list[Step], list[Step]]  # steps to add, steps that leave


def typed_steps(year: Bench, typed: QueryDict, steps: Sequence[Step]) -> Typed:
    """The steps that one form of the page says; raises Refused (422) for what cannot be read."""
    forms: dict[str, Callable[[], Typed]] = {
        "score": lambda: ([_cell(typed)], []),
        "rule": lambda: ([_rule(typed)], []),
        "weight": lambda: _weights(year, typed, steps),
        "paper": lambda: ([_paper(typed)], []),
        "known": lambda: ([_read("paper", typed.get("known", ""))], []),
        "tariff": lambda: ([_tariff(typed)], []),
        "veto": lambda: ([_read("veto", f"{typed.get('unit', '')}~{typed.get('field', '')}")], []),
        "lift": lambda: ([_read("lift", typed.get("bar", ""))], []),
    }
    form = forms.get(typed.get("add", ""))
    if form is None:
        raise _unreadable()
    return form()


def _unreadable() -> Refused:
    return Refused("unreadable", _("Please choose from the lists what is to be changed."), status=422)


def _key(typed: QueryDict, name: str) -> int:
    text = typed.get(name, "")
    if not text.isdecimal() or len(text) > 15:
        raise _unreadable()
    return int(text)


def _points(text: str) -> Decimal:
    try:
        return number(text)
    except ValueError as error:
        raise Refused(
            "not-a-number",
            _("“%(text)s” is not a number such as 95.5; please enter it again.")
            % {"text": text.strip()[:20]},
            status=422,
        ) from error


def _read(word: str, rest: str) -> Step:
    try:
        return read(f"{word}~{rest}")
    except UnreadableStep as error:
        raise _unreadable() from error


def _cell(typed: QueryDict) -> Step:
    member, sub, what = _key(typed, "member"), _key(typed, "sub"), typed.get("what", "score")
    kind = typed.get("kind", "")
    match what:
        case "score":
            points = _points(typed.get("points", ""))
            return _read("score", f"{member}~{sub}~{kind}~{points:f}")
        case "none":
            return _read("score", f"{member}~{sub}~{kind}~-")
        case "not-involved" | "involved":
            return InvolvedStep(member, sub, what == "not-involved")
        case "missing-mean" | "missing-zero":
            return MissingStep(member, sub, what.removeprefix("missing-"))
    raise _unreadable()


def _rule(typed: QueryDict) -> Step:
    sub = _key(typed, "sub")
    match typed.get("what", ""):
        case "suspend":
            return SuspendStep(sub, suspended=True)
        case "count":
            return SuspendStep(sub, suspended=False)
        case "visit":
            return LookStep(sub, visit_required=True)
        case "papers":
            return LookStep(sub, visit_required=False)
    raise _unreadable()


def _weights(year: Bench, typed: QueryDict, steps: Sequence[Step]) -> Typed:
    more: list[Step] = []
    gone: list[Step] = []
    tried = {step.item: step for step in steps if isinstance(step, WeightStep)}
    for name, text in typed.items():
        if not name.startswith("w-"):
            continue
        item = int(name[2:]) if name[2:].isdecimal() else 0
        if item not in year.block_of_item:
            raise _unreadable()
        points = _points(str(text))
        if points == Decimal(year.item(item).weight).scaleb(-year.places):
            if item in tried:
                gone.append(tried[item])
        else:
            more.append(WeightStep(item, points))
    if not more and not gone:
        raise Refused("unchanged", _("The weights are those of today; please change one."), status=422)
    return more, gone


def _paper(typed: QueryDict) -> Step:
    unit = _key(typed, "unit")
    what, _sign, key = typed.get("worth", "").partition("~")
    if not key.isdecimal():
        raise _unreadable()
    if what == "pool":
        return NewPaperStep(unit, None, pool=int(key), listed=_points(typed.get("listed", "")))
    return _read("new", f"{unit}~{key}~{typed.get('scope', '综合')}")


def _tariff(typed: QueryDict) -> Step:
    what, _sign, key = typed.get("line", "").partition("~")
    if not key.isdecimal():
        raise _unreadable()
    points = _points(typed.get("points", ""))
    return PoolStep(int(key), points) if what == "pool" else TariffStep(int(key), points)
