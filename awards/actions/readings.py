"""Deciding how the plan is read: two of the leading group, or the office from the minutes (I06).

What an alternative would change is computed in awards.readings and kept with the ruling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import readings as effects
from awards.models import ReadingRuling
from office import audit
from office.refusal import Refused
from units.actions.signing import Minutes, require_first, require_other, require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Reading
from units.permissions import require
from units.readings import BY_CODE
from units.signals import announce_stale, once_per_block

LONGEST_ANSWER = 120
ANSWERS_FROM_TO = (2, 6)


@transaction.atomic
def ask_question(*, by: Hat, cycle: Cycle, question: str, answers: Sequence[str]) -> Reading:
    """Enter a question of one's own about how the plan is read, with its closed answers; nobody has decided it yet.

    By the leading group (I06) or the office, which enters for it (E14). An open question holds the approval.
    Raises Refused: not permitted, no question, fewer than two or more than six answers, one twice, too long.
    """
    Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
    require("E14" if by.role is Role.OFFICE else "I06", by, cycle)
    words = question.strip()
    kept = [one.strip() for one in answers if one.strip()]
    least, most = ANSWERS_FROM_TO
    if not words:
        raise Refused("no-question", _("Write what can be read in two ways."), status=422)
    if not least <= len(kept) <= most or len(set(kept)) < len(kept):
        raise Refused(
            "no-answers",
            _("A question needs %(least)d to %(most)d different answers, one in each line.")
            % {"least": least, "most": most},
            status=422,
        )
    if max(map(len, kept)) > LONGEST_ANSWER:
        raise Refused(
            "answer-too-long",
            _("An answer has at most %(most)d signs.") % {"most": LONGEST_ANSWER},
            status=422,
        )
    taken = {reading.code for reading in cycle.readings.all()}
    code = next(f"Q{number}" for number in count(1) if f"Q{number}" not in taken)
    made = Reading.objects.create(
        cycle=cycle, code=code, choice="", question=words[:200], parameters={effects.ANSWERS: kept}
    )
    for block in cycle.blocks.all():
        announce_stale(block.pk)
    audit.record(by, "reading.asked", made, cycle_code=cycle.code, question=words, answers=kept)
    return made


@transaction.atomic
def propose_rulings(
    *,
    by: Hat,
    cycle: Cycle,
    answers: Mapping[str, tuple[str, Mapping[str, object]]],
    reason: str,
    minutes: Minutes | None = None,
) -> list[ReadingRuling]:
    """Sign first for one or more readings: code → (choice, figures).  Rulebook 9, §6(9).

    An older ruling on the same reading that nobody signed second is withdrawn. Raises Refused for an unknown
    choice, a mix without a proportion, a missing reason, or minutes that are not whole.
    """
    require_first("I06", by, cycle, minutes)
    kept = require_reason(reason)
    by_code = {reading.code: reading for reading in cycle.readings.select_for_update()}
    made = []
    for code, (choice, figures) in answers.items():
        question = effects.question_of(code, by_code.get(code))
        if question is None or choice not in {name for name, _words in question.alternatives}:
            raise Refused(
                "unknown-choice",
                _("%(choice)s is none of the answers to %(code)s.") % {"choice": choice, "code": code},
                status=422,
            )
        figures = _figures(code, choice, figures)
        reading = by_code.get(code) or Reading.objects.create(cycle=cycle, code=code, choice=question.shipped)
        reading.rulings.filter(state=ReadingRuling.State.OPEN).update(state=ReadingRuling.State.DROPPED)
        made.append(
            ReadingRuling.objects.create(
                reading=reading,
                choice=choice,
                parameters=figures,
                reason=kept,
                first_by=by.user,
                met_on=minutes.met_on if minutes else None,
                chair=minutes.chair if minutes else "",
                present=minutes.present if minutes else "",
                minutes=minutes.scan if minutes else None,
            )
        )
    audit.record(
        by,
        "reading.proposed",
        cycle,
        cycle_code=cycle.code,
        answers={ruling.reading.code: ruling.choice for ruling in made},
        reason=kept,
        minutes=minutes.scan.sha256 if minutes else "",
    )
    return made


def _figures(code: str, choice: str, figures: Mapping[str, object]) -> dict[str, object]:
    if (code, choice) != ("R9", "mix"):
        return dict(figures)
    try:
        mix = {name: int(str(figures[name])) for name in ("p", "q")}
    except (KeyError, ValueError):
        mix = {"p": 0, "q": 0}
    if min(mix.values()) < 0 or sum(mix.values()) == 0 or max(mix.values()) > 100:
        raise Refused(
            "no-proportion",
            _(
                "A mix of preliminary and on-site score needs its proportion p : q, whole numbers such as 4 : 6."
            ),
            status=422,
        )
    return dict(mix)


@transaction.atomic
def confirm_rulings(*, by: Hat, cycle: Cycle, rulings: Sequence[int]) -> list[Reading]:
    """Sign second: the choices come into force and every standing they touch is computed anew.

    Raises Refused for the person who signed first, and when a ruling is no longer open.
    """
    chosen = list(
        ReadingRuling.objects.select_for_update(of=("self",))
        .select_related("reading__cycle", "first_by")
        .filter(pk__in=rulings, reading__cycle=cycle, state=ReadingRuling.State.OPEN)
        .order_by("pk")
    )
    if not chosen or len(chosen) != len(set(rulings)):
        raise Refused(
            "not-open",
            _("One of these rulings is no longer open; somebody else was faster. Look again, then sign."),
        )
    for ruling in chosen:
        require_other(
            "I06", by, cycle, first_by=ruling.first_by_id, from_minutes=ruling.minutes_id is not None
        )
    now = timezone.now()
    decided = []
    with once_per_block():
        for ruling in chosen:
            reading = ruling.reading
            is_own = reading.code not in BY_CODE
            effect = (
                effects.Effect(reading.code, ruling.choice, is_known=False)
                if is_own
                else effects.effect_of(
                    cycle,
                    reading.code,
                    ruling.choice,
                    {k: int(v) for k, v in ruling.parameters.items() if k in "pq"},
                )
            )
            ruling.state, ruling.second_by, ruling.second_at = ReadingRuling.State.DECIDED, by.user, now
            ruling.effect = [
                *([move.block, move.unit, move.before, move.after] for move in effect.places),
                *([move.award, list(move.gains), list(move.loses)] for move in effect.awards),
            ]
            ruling.save()
            reading.choice, reading.reason = ruling.choice, ruling.reason
            if not is_own:
                reading.parameters = ruling.parameters
            reading.decided_by, reading.decided_at = by.user, now
            reading.save()
            if reading.code == "R1":
                cycle.rounding = ruling.choice
                cycle.save(update_fields=["rounding"])
            decided.append(reading)
        for block in cycle.blocks.all():
            announce_stale(block.pk)
    audit.record(
        by,
        "reading.decided",
        cycle,
        cycle_code=cycle.code,
        answers={reading.code: reading.choice for reading in decided},
        first=str(chosen[0].first_by),
        reason=chosen[0].reason,
    )
    return decided


@transaction.atomic
def drop_ruling(*, by: Hat, cycle: Cycle, ruling: int) -> ReadingRuling:
    """Withdraw what was signed first and not second; the first person or another of the same group."""
    row = ReadingRuling.objects.select_related("reading").filter(pk=ruling, reading__cycle=cycle).first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    require_first(
        "I06",
        by,
        cycle,
        Minutes(row.met_on, row.chair, row.present, row.minutes) if row.minutes and row.met_on else None,
    )
    if row.state != ReadingRuling.State.OPEN:
        raise Refused("not-open", _("This ruling is no longer open."))
    row.state = ReadingRuling.State.DROPPED
    row.save(update_fields=["state"])
    audit.record(by, "reading.dropped", row.reading, cycle_code=cycle.code, choice=row.choice)
    return row
