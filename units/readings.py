"""The closed alternatives of R1 to R12; the first of each is the one shipped (rulebook 9).

Pure. R1 is kept with the cycle's rounding, so that the plan workbook carries it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    words: object  # lazy translation
    alternatives: tuple[tuple[str, object], ...]  # (choice, words); the first is shipped

    @property
    def shipped(self) -> str:
        return self.alternatives[0][0]


QUESTIONS: tuple[Question, ...] = (
    Question(
        "R1",
        _("Where are weighted scores rounded?"),
        (
            ("each-item", _("each item, half up; places follow the printed figures")),
            ("total-only", _("only the total; the parts are exact and printed rounded")),
        ),
    ),
    Question(
        "R2",
        _("What if the first of an item has 0?"),
        (
            ("held", _("approval is held until the leading group decides")),
            ("all-zero", _("everyone gets 0")),
            ("all-full", _("everyone gets the whole weight")),
        ),
    ),
    Question(
        "R3",
        _("What does the top three of a single task add?"),
        (("none", _("nothing; the 5 points are never halved")), ("half", _("2.5 points"))),
    ),
    Question(
        "R4",
        _("What does the cap of 50 cover?"),
        (
            ("commendations", _("commendations, top threes and carried-over ones")),
            ("with-rewards", _("reward points as well")),
        ),
    ),
    Question(
        "R5a",
        _("Several criticisms on one matter"),
        (("highest", _("the highest counts once")), ("each", _("each counts"))),
    ),
    Question(
        "R5b",
        _("Several commendations on one matter"),
        (("each", _("each counts")), ("highest", _("the highest counts once"))),
    ),
    Question(
        "R6",
        _("What does a veto bar?"),
        (
            ("comprehensive-and-single", _("comprehensive and single awards of this year")),
            ("comprehensive", _("comprehensive awards only")),
            ("two-years", _("both, for two years")),
            ("with-individuals", _("both, and individual awards of its people")),
        ),
    ),
    Question(
        "R7",
        _("How is a single award over several blocks ranked?"),
        (
            ("one-list", _("one list by score ÷ base")),
            ("quota", _("a quota for each block")),
            ("lead-first", _("the lead body's list first")),
        ),
    ),
    Question(
        "R8",
        _("Order of hearing, results and approval"),
        (
            ("hearing-first", _("hearing, then results and appeals, then approval")),
            ("approval-first", _("approval, then results, then a corrected edition")),
        ),
    ),
    Question(
        "R9",
        _("What does the on-site score do to the preliminary one?"),
        (("replace", _("it replaces it")), ("mix", _("both are mixed p : q, half up"))),
    ),
    Question(
        "R10",
        _("Do tracks take part in general additions, and feed an item of the townships?"),
        (("separate", _("neither")), ("joined", pgettext_lazy("answer", "both"))),
    ),
    Question(
        "R11",
        _("Whose share does the limit of 40 % mean?"),
        (("both-heads", _("the two heads together")), ("each-head", _("each of them"))),
    ),
    Question(
        "R12",
        _("May streets and the company win an award for townships?"),
        (("yes", _("yes")), ("no", _("no"))),
    ),
)
BY_CODE = {question.code: question for question in QUESTIONS}
