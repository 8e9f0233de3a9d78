"""The demo's year before: the same city a year earlier, with its year's work, approved, published, divided, filed.

The end of the year is made by the same actions as any year; its work is written in bulk and lies in last year's windows,
a year before this one's, so that whoever is new in the job sees what the same week was for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from appraisal_site.demo import (
    assessments,
    figures,
    ledgers,
    people,
    procedure,
    promises,
    publication,
    review,
    scores,
)
from appraisal_site.demo.figures import Key, Marks
from appraisal_site.demo.people import People
from appraisal_site.desk.year_ago import week_a_year_before
from appraisal_site.next_year import copy_cycle
from awards.actions import filing
from awards.models import Filing
from office import audit, pdf
from office.planner import refresh_statistics
from office.refusal import Refused
from scoring.models import Look, ScoreKind
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment
from units.signals import once_per_block
from units.stages import ORDER, Stage

CODE, YEAR = "2011", 2011
MADE = "demo.last-year-made"
QUARTERS = (1, 2, 3, 4)
OTHER_LUCK = 2011  # added to the seed, so that places move from year to year
OUTSIDE = frozenset({Role.SYSTEM, Role.SECURITY, Role.AUDITOR})
RECEIPT = "组备〔2012〕1号"


def is_there() -> bool:
    return Cycle.objects.filter(code=CODE, is_demo=True).exists()


def make(cycle: Cycle, now: People, seed: int) -> str:
    """The year before `cycle`, filed; '' or the sentence why its edition waits (no pango, no Chinese face).

    A second run changes nothing.
    """
    if is_there():
        return ""
    with transaction.atomic():
        last, everybody = _worked(cycle, now, seed)
        refresh_statistics()
        _approved(last, everybody)
        try:
            pdf.require_ready()
        except Refused as refusal:
            return refusal.sentence
        office, second = everybody.hats["office1"], everybody.hats["office2"]
        publication.publish(last, office, second)
        publication.divide(last)
        package = filing.build(filing.ask_package(by=office, cycle=last, start_job=False), office)
        accept(last, package, everybody.hats["archive"])
        audit.record(None, MADE, last, cycle_code=last.code, seed=seed)
    return ""


def accept(last: Cycle, package: Filing, archive: Hat) -> None:
    filing.accept_package(
        by=archive, cycle=last, number=package.number, code=package.code, receipt=RECEIPT, note="演示数据"
    )


def _worked(cycle: Cycle, now: People, seed: int) -> tuple[Cycle, People]:
    """The plan copied, its people bound to it, the year's work done; the year stands at the hearing."""
    with once_per_block():
        last = copy_cycle(by=now.hats["office1"], cycle=cycle, code=CODE, year=YEAR)
        Cycle.objects.filter(pk=last.pk).update(is_demo=True)
        last.is_demo = True
        everybody = _bind(last, now)
        procedure.windows_of_last_year(last, cycle)
        reviewers = people.form_teams(everybody)
    spans = {Stage(row.stage): (row.opens_on, row.closes_on) for row in last.windows.filter(block=None)}
    office = everybody.hats["office1"]
    with once_per_block():
        book = scores.open_book(everybody, reviewers)
        marks = _a_year_earlier(figures.draw(scores.frames(last), seed + OTHER_LUCK))
        promises.write(everybody, spans, seed + OTHER_LUCK)
        moves_to(last, Stage.SELF_ASSESSMENT, office)
        assessed = _hours(*spans[Stage.SELF_ASSESSMENT])
        scores.write_self(book, marks, *assessed)
        refresh_statistics()
        assessments.write_past(book, *assessed)
        ledgers.write(
            book, marks, spans[Stage.MONITORING][0], seed=seed + OTHER_LUCK, quarters=QUARTERS, still_open=0
        )
        moves_to(last, Stage.PRELIMINARY_REVIEW, office)
        _review(book, marks, spans)
        moves_to(last, Stage.HEARING, office)
    return last, everybody


def _review(book: scores.Book, marks: Mapping[Key, Marks], spans: Mapping[Stage, tuple[date, date]]) -> None:
    """Lead scores in the first days, returns for supplement, preliminary scores, then the visits."""
    week = week_a_year_before(timezone.localdate())
    opens, closes = spans[Stage.PRELIMINARY_REVIEW]
    on_paper = {key for key, cell in book.cells.items() if cell.sub_item.look != Look.ONSITE}
    scores.write(
        book,
        ScoreKind.LEAD,
        ((key, mark.lead) for key, mark in marks.items()),
        book.by_lead,
        *_hours(opens, max(opens, min(closes, week[1]))),
    )
    scores.write(
        book,
        ScoreKind.PRELIMINARY,
        ((key, mark.preliminary) for key, mark in marks.items() if key in on_paper),
        book.by_reviewer,
        *_hours(opens, closes),
    )
    review.returned_and_settled(book, week[0])
    visited = _hours(*spans[Stage.ONSITE_REVIEW])
    scores.write(
        book,
        ScoreKind.ONSITE,
        (
            (key, mark.onsite or mark.preliminary)
            for key, mark in marks.items()
            if mark.onsite is not None or key not in on_paper
        ),
        book.by_reviewer,
        *visited,
    )
    refresh_statistics()
    review.visit_all(book, *spans[Stage.ONSITE_REVIEW])


def _hours(first: date, last: date) -> tuple[datetime, datetime]:
    """From nine on the first day to five on the last."""
    return (
        timezone.make_aware(datetime.combine(first, time(9))),
        timezone.make_aware(datetime.combine(last, time(17))),
    )


def _a_year_earlier(marks: Mapping[Key, Marks]) -> dict[Key, Marks]:
    """The deductions happened in that year."""

    def moved(mark: figures.Mark) -> figures.Mark:
        lines = (replace(line, on=procedure.a_year_before(line.on)) for line in mark.lines)
        return replace(mark, lines=tuple(lines))

    return {
        key: replace(
            each,
            own=moved(each.own),
            lead=moved(each.lead),
            preliminary=moved(each.preliminary),
            onsite=moved(each.onsite) if each.onsite is not None else None,
        )
        for key, each in marks.items()
    }


def _bind(last: Cycle, now: People) -> People:
    """Everybody of this year held the same last year."""
    posts = [post for post in people.posts(last) if post.role not in OUTSIDE]
    hats = {post.account: Hat(now.hats[post.account].user, post.role, post.unit, last.pk) for post in posts}
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(
                user=hats[post.account].user, role=post.role, unit=post.unit, cycle=last, is_head=post.is_head
            )
            for post in posts
        ],
        batch_size=200,
        ignore_conflicts=True,  # who copied the year holds it already
    )
    audit.record(now.hats["secadmin"], "roles.granted", last, cycle_code=last.code, count=len(posts))
    return People(last, hats)


def moves_to(last: Cycle, to: Stage, by: Hat) -> None:
    for stage in ORDER[ORDER.index(last.stage_now) + 1 : ORDER.index(to) + 1]:
        before, last.stage = last.stage, str(stage)
        Cycle.objects.filter(pk=last.pk).update(stage=stage)
        audit.record(by, "cycle.moved", last, cycle_code=last.code, before=before, after=str(stage))


def _approved(last: Cycle, everybody: People) -> None:
    """Readings decided, the hearing released, two members' approval, the awards decided by the same two."""
    office, leaders = everybody.hats["office1"], (everybody.hats["leader1"], everybody.hats["leader2"])
    publication.decide_readings(last, leaders[0])
    publication.release_hearing(last, leaders[0])
    moves_to(last, Stage.RESULTS, office)
    publication.approve(last, office, leaders)
    publication.name_people(last, office)
    publication.decide_awards(last, office, leaders)
