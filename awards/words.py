"""The chain of reasons in words: why a unit is in, why it was passed over, what a division lacks.

The codes come from policy and money; what differs between two drafts is found by edition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from awards.edition import Difference
from awards.money import Fault, Finding, format_yuan
from awards.policy import Line, Outcome, TieHow, TieKey, Why
from scoring.models import ScoreKind

WHY: Mapping[Why, object] = {
    Why.BARRED: gettext_lazy("a veto or misconduct is in force (§6(6), §8(4))"),
    Why.NO_AWARD: gettext_lazy("takes part without awards"),
    Why.ON_A_MEAN: gettext_lazy(
        "what the award rests on does not involve it and is only the mean of the others (§3)"
    ),
    Why.NOT_A_TOWN: gettext_lazy("streets and the company are no townships (reading R12)"),
    Why.NOT_SCORED: gettext_lazy("not scored yet"),
    Why.OVER_QUOTA: gettext_lazy("the quota of its block is filled (reading R7)"),
}
TIE_KEYS: Mapping[TieKey, object] = {
    TieKey.WEIGHTED: gettext_lazy("weighted score"),
    TieKey.FEWER_DEDUCTIONS: gettext_lazy("fewer deductions"),
    TieKey.TOTAL: gettext_lazy("total"),
}

STEPS: Mapping[str, object] = {
    "final": gettext_lazy("Final score"),
    "rank": gettext_lazy("Place"),
    "preliminary": gettext_lazy("Preliminary score"),
    "commendations": gettext_lazy("Commendations"),
    "criticisms": gettext_lazy("Criticisms"),
    "rewards": gettext_lazy("Reward points"),
    "weighted": gettext_lazy("Weighted"),
    "base": gettext_lazy("Base score"),
    "score": gettext_lazy("score"),
    "points": gettext_lazy("score"),
    "eligible": gettext_lazy("may win awards"),
    "readings": gettext_lazy("Reading"),
    "at": gettext_lazy("time"),
    "by": gettext_lazy("by whom"),
}
UNSAID = frozenset({"results", "inputs", "blocks", "rows", "items", "cells", "members", "scores"})
BESIDES = frozenset({"at", "by"})  # who and when go with a changed figure and tell nothing by themselves


def words_of(found: Difference) -> str:
    """Where a difference lies, in the words of the page: 乡镇口 › 青山乡 › 最终得分."""
    said = []
    before = ""
    for step in found.steps:
        if before == "scores" and step in ScoreKind.values:
            said.append(str(ScoreKind(step).label))
        elif step not in UNSAID:
            said.append(str(STEPS.get(step, step)))
        before = step
    return " › ".join(said)


def what_changed(found: Sequence[Difference], most: int) -> str:
    """The first differences in one line, and how many more there are."""
    telling = [one for one in found if one.steps[-1] not in BESIDES] or list(found)
    words = "；".join(f"{words_of(one)} {one.before} → {one.after}" for one in telling[:most])
    if len(telling) > most:
        words += _(", and %(count)d more") % {"count": len(telling) - most}
    return words


def why_words(why: Why) -> object:
    return WHY[why]


def chain_of(line: Line, names: Mapping[int, str]) -> list[str]:
    """Why this unit stands where it stands, in one to four short sentences.

    `names` maps the keys of contenders to names.
    """
    said = []
    if line.rank is not None:
        said.append(
            _("Place %(rank)d by its figure %(figure)s.")
            % {"rank": line.rank, "figure": line.contender.shown}
        )
    if line.contender.missing:
        said.append(_("%(count)d cells behind it are still missing.") % {"count": line.contender.missing})
    match line.outcome:
        case Outcome.WINS:
            if line.moved_up_past:
                said.append(
                    _("Moved up past %(names)s, who cannot win.")
                    % {"names": "、".join(names.get(key, "?") for key in line.moved_up_past)}
                )
            if line.separated_by is not None:
                said.append(
                    _("Equals were separated by the declared order: %(key)s.")
                    % {"key": TIE_KEYS[line.separated_by]}
                )
            if line.settled is TieHow.SHARE:
                said.append(_("The leading group lets the equals share the sum."))
            elif line.settled is TieHow.ORDER:
                said.append(_("The leading group put the equals in order."))
        case Outcome.HELD:
            said.append(_("Equal with another unit where it matters; the leading group decides."))
        case Outcome.PASSED_OVER:
            said.append(_("Passed over: %(why)s.") % {"why": "、".join(str(WHY[why]) for why in line.why)})
        case Outcome.BELOW:
            said.append(_("Behind the last prize."))
    return said


def fault_sentence(finding: Finding, prize_fen: int) -> str:
    """What is wrong with a division, with its figure and what to do."""
    amount, prize = format_yuan(finding.amount_fen), format_yuan(prize_fen)
    match finding.fault:
        case Fault.NOBODY:
            return _("Enter at least one person.")
        case Fault.NOT_POSITIVE:
            return _(
                "%(person)s: %(amount)s 元 is not more than 0; take the line out or enter an amount."
            ) % {
                "person": finding.person,
                "amount": amount,
            }
        case Fault.TWICE:
            return _("%(person)s stands on the list twice; put both amounts into one line.") % {
                "person": finding.person
            }
        case Fault.TOO_MUCH:
            return _("The lines are %(amount)s 元 above the prize of %(prize)s 元.") % {
                "amount": amount,
                "prize": prize,
            }
        case Fault.TOO_LITTLE:
            return _("%(amount)s 元 of the prize of %(prize)s 元 are not divided yet.") % {
                "amount": amount,
                "prize": prize,
            }
        case Fault.TOO_MANY_HEADS:
            return _("A unit has at most two heads; more than two are ticked.")
        case Fault.NO_REASON:
            return _(
                "The heads get more than 40 per cent of the prize; give the reason, the appraisal office sees it."
            )
