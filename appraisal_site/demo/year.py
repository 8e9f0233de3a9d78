"""Makes the demo year from the shipped plan, or completes the one that is there.

Who its people are, which marks they gave and when is told by the neighbouring modules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.demo import (
    appeals,
    assessments,
    figures,
    last_year,
    ledgers,
    papers,
    password,
    people,
    procedure,
    promises,
    publication,
    review,
    scores,
    trials,
    windows,
)
from office import audit
from office.models import AuditEntry
from office.planner import refresh_statistics
from office.refusal import Refused
from scoring.models import Cell, Involvement, Score, ScoreKind
from units.calendar import Window
from units.hats import Hat
from units.models import Cycle
from units.signals import once_per_block
from units.stages import ORDER, Stage

CODE = "2012"
MADE, COMPLETED = "demo.made", "demo.completed"


@dataclass(frozen=True, slots=True)
class Made:
    """What the demo year holds now."""

    cycle: str
    seed: int
    stage: str
    cells: int
    scores: dict[str, int]  # by kind
    not_involved: int
    proposed: int
    missing: int
    accounts: int
    is_new: bool  # something was made or completed by this run
    last_year: str = ""  # the code of the year before, '' when it was left out
    waits: str = ""  # why the edition of the year before waits, '' when it is filed


def make(seed: int | None, *, complete: bool, with_last_year: bool = False) -> Made:
    """The demo year by its seed, up to preliminary review, or completed up to approved; and the year before, filed.

    `seed` None: the seed of the year that is there, 1 for a new one. A second run changes nothing.
    Raises Refused over a cycle or score that the demo did not make.
    """
    made = _make(seed, complete=complete)
    if not with_last_year:
        return made
    is_new = not last_year.is_there()
    cycle = Cycle.objects.get(code=CODE)
    waits = last_year.make(cycle, people.recall(cycle), made.seed)
    procedure.windows_of_last_year(Cycle.objects.get(code=last_year.CODE), cycle)
    return replace(made, is_new=made.is_new or is_new, last_year=last_year.CODE, waits=waits)


def _make(seed: int | None, *, complete: bool) -> Made:
    refuse_foreign_years()
    made = Cycle.objects.filter(code=CODE, is_demo=True).first()
    if made is None:
        chosen = 1 if seed is None else seed
        with transaction.atomic():
            cycle = _begin(chosen)
            if complete:
                _complete(cycle, chosen)
        return _tell(cycle, chosen, is_new=True)
    entry = _last_entry()
    kept_seed = int(audit.details_of(entry)["seed"])
    if seed not in (None, kept_seed):
        raise Refused(
            "other-seed",
            _(
                "The demo year was made with seed %(seed)d; another seed needs an empty database. Nothing was changed."
            )
            % {"seed": kept_seed},
        )
    refuse_foreign_scores(made, entry)
    if complete and entry.act != COMPLETED:
        with transaction.atomic():
            _complete(made, kept_seed)
        return _tell(made, kept_seed, is_new=True)
    return _tell(made, kept_seed, is_new=False)


def refuse_foreign_years() -> None:
    """Raise Refused when a cycle is there that the demo did not make."""
    foreign = Cycle.objects.filter(is_demo=False).order_by("code").first()
    if foreign is not None:
        raise Refused(
            "foreign-cycle",
            _(
                "The appraisal year %(code)s is in this database and is not the demo's, so nothing was made. Use an empty database for the demo."
            )
            % {"code": foreign.code},
        )


def refuse_foreign_scores(cycle: Cycle, entry: AuditEntry) -> None:
    """Raise Refused when the scores are no longer those the demo wrote."""
    if scores.digest(cycle) != audit.details_of(entry)["digest"]:
        raise Refused(
            "foreign-scores",
            _(
                "Scores of the demo year %(code)s were changed since it was made, so it was left as it is. Use an empty database to make it anew."
            )
            % {"code": cycle.code},
        )


def is_there() -> bool:
    return Cycle.objects.filter(code=CODE, is_demo=True).exists()


def _last_entry() -> AuditEntry:
    return AuditEntry.objects.filter(act__in=[MADE, COMPLETED], cycle_code=CODE).latest("number")


def _begin(seed: int) -> Cycle:
    """The plan, its people, self scores, then preliminary review with gaps."""
    call_command("loaddata", "plan_2012", verbosity=0)
    refresh_statistics()
    cycle = Cycle.objects.get(code=CODE)
    cycle.is_demo = True
    with once_per_block():
        Cycle.objects.filter(pk=cycle.pk).update(is_demo=True)
        found = windows.open_windows(cycle, timezone.localdate(), Stage.PRELIMINARY_REVIEW)
        everybody = people.make(cycle, password.kept_or_drawn())
        people.enter_contacts(everybody)
        book = scores.open_book(everybody, people.form_teams(everybody))
        marks = figures.draw(scores.frames(cycle), seed)
        office = everybody.hats["office1"]
        audit.record(office, "windows.set", cycle, cycle_code=cycle.code)
        promises.write(everybody, found, seed)
        move_on(cycle, Stage.SELF_ASSESSMENT, office)
        scores.write_self(book, marks, *_within(found[Stage.SELF_ASSESSMENT]))
        refresh_statistics()
        assessments.write(book, *_within(found[Stage.SELF_ASSESSMENT]))
        move_on(cycle, Stage.PRELIMINARY_REVIEW, office)
        ledgers.write(book, marks, found[Stage.MONITORING][0], seed=seed)
        scores.write_early(book, marks, *_within(found[Stage.PRELIMINARY_REVIEW]))
        refresh_statistics()
        scores.propose_hardly_involved(book)
        review.write(book, *found[Stage.ONSITE_REVIEW])
        cycle.refresh_from_db()
        pairs = figures.tied_units(scores.frames(cycle), seed)
        papers.write(cycle, everybody, spared={unit for pair in pairs.values() for unit in pair})
        refresh_statistics()
        trials.write(cycle, everybody)
        # Last: it reminds of what the others left open.
        procedure.write(cycle, everybody)
    audit.record(None, MADE, cycle, cycle_code=cycle.code, seed=seed, digest=scores.digest(cycle))
    return cycle


def _complete(cycle: Cycle, seed: int) -> None:
    """Nothing missing, visits made, heard, handed over, approved by two members, the awards decided."""
    with once_per_block():
        everybody = people.recall(cycle)
        book = scores.open_book(everybody, people.reviewers_by_unit(everybody))
        marks = figures.draw(scores.frames(cycle), seed)
        office = everybody.hats["office1"]
        found = windows.open_windows(cycle, timezone.localdate(), Stage.RESULTS)
        scores.decide_the_open_ones(book)
        papers.decide_the_open_ones(cycle, everybody)
        assessments.complete(cycle, everybody)
        ledgers.complete(book, marks)
        scores.write_rest(book, marks, *_within(found[Stage.PRELIMINARY_REVIEW]))
        move_on(cycle, Stage.ONSITE_REVIEW, office)
        scores.write_onsite(book, marks, *_within(found[Stage.ONSITE_REVIEW]))
        review.complete(book, *found[Stage.ONSITE_REVIEW])
        refresh_statistics()
        move_on(cycle, Stage.HEARING, office)
    leaders = (everybody.hats["leader1"], everybody.hats["leader2"])
    publication.decide_readings(cycle, leaders[0])
    publication.release_hearing(cycle, leaders[0])
    move_on(cycle, Stage.RESULTS, office)
    appeals.write(cycle, everybody)
    windows.open_windows(cycle, timezone.localdate(), Stage.APPROVAL)  # the questions are answered
    publication.approve(cycle, office, leaders)
    publication.name_people(cycle, office)
    publication.decide_awards(cycle, office, leaders)
    audit.record(None, COMPLETED, cycle, cycle_code=cycle.code, seed=seed, digest=scores.digest(cycle))


def move_on(cycle: Cycle, to: Stage, by: Hat) -> None:
    """Through every stage up to `to`, one log entry each."""
    for stage in ORDER[ORDER.index(cycle.stage_now) + 1 : ORDER.index(to) + 1]:
        before, cycle.stage = cycle.stage, str(stage)
        Cycle.objects.filter(pk=cycle.pk).update(stage=stage)
        audit.record(by, "cycle.moved", cycle, cycle_code=cycle.code, before=before, after=str(stage))


def _within(span: tuple[date, date]) -> tuple[datetime, datetime]:
    """Working hours inside the window, never after now."""
    opens, closes = span
    window = Window(opens, closes, windows.CUT_OFF)
    since = window.opens_at + timedelta(hours=9)
    until = min(window.closes_at, timezone.localtime())
    return since, max(until, since)


def _tell(cycle: Cycle, seed: int, *, is_new: bool) -> Made:
    cells = Cell.objects.filter(block__cycle=cycle)
    kinds = dict(
        Score.objects.filter(cell__block__cycle=cycle)
        .values_list("kind")
        .annotate(n=Count("pk"))
        .order_by("kind")
    )
    counted = Score.objects.filter(cell__block__cycle=cycle).exclude(kind=ScoreKind.SELF).values("cell_id")
    missing = cells.exclude(involvement=Involvement.CONFIRMED)
    proposed = cells.filter(involvement=Involvement.PROPOSED).count()
    return Made(
        cycle=cycle.code,
        seed=seed,
        stage=cycle.stage,
        cells=cells.count(),
        scores={str(kind): count for kind, count in kinds.items()},
        not_involved=cells.filter(involvement=Involvement.CONFIRMED).count(),
        proposed=proposed,
        missing=missing.exclude(involvement=Involvement.PROPOSED).exclude(pk__in=counted).count() + proposed,
        accounts=len(list(people.posts(cycle))),
        is_new=is_new,
    )
