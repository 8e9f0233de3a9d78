"""The demo's year before: the same city a year earlier, approved, published, its prizes divided, filed with a receipt.

Made by the same actions as any year; only its marks are written in bulk, by the office from the signed sheets.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from appraisal_site.demo import figures, publication, scores
from appraisal_site.demo.people import People, account_name, contestants
from appraisal_site.next_year import copy_cycle
from awards.actions import filing
from awards.models import Filing
from office import audit, pdf
from office.planner import refresh_statistics
from office.refusal import Refused
from scoring.models import Look, ScoreKind
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment, Unit
from units.signals import once_per_block
from units.stages import ORDER, Stage

CODE, YEAR = "2011", 2011
MADE = "demo.last-year-made"
OTHER_LUCK = 2011  # added to the seed, so that places move from year to year
BOUND = {
    "office1": Role.OFFICE,
    "office2": Role.OFFICE,
    "leader1": Role.LEADING_GROUP,
    "leader2": Role.LEADING_GROUP,
    "mayor": Role.CITY_LEADER,
    "archive": Role.ORGANIZATION,
}
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
        last, people = _scored(cycle, now, seed)
        refresh_statistics()
        _approved(last, people)
        try:
            pdf.require_ready()
        except Refused as refusal:
            return refusal.sentence
        office, second = people.hats["office1"], people.hats["office2"]
        publication.publish(last, office, second)
        publication.divide(last)
        package = filing.build(filing.ask_package(by=office, cycle=last, start_job=False), office)
        accept(last, package, people.hats["archive"])
        audit.record(None, MADE, last, cycle_code=last.code, seed=seed)
    return ""


def accept(last: Cycle, package: Filing, archive: Hat) -> None:
    filing.accept_package(
        by=archive, cycle=last, number=package.number, code=package.code, receipt=RECEIPT, note="演示数据"
    )


def _scored(cycle: Cycle, now: People, seed: int) -> tuple[Cycle, People]:
    """The plan copied, its people bound to it, every cell with its marks; the year stands at the hearing."""
    with once_per_block():
        last = copy_cycle(by=now.hats["office1"], cycle=cycle, code=CODE, year=YEAR)
        Cycle.objects.filter(pk=last.pk).update(is_demo=True)
        last.is_demo = True
        people = _bind(last, now)
    with once_per_block():
        book = scores.open_book(people, {})
        marks = figures.draw(scores.frames(last), seed + OTHER_LUCK)
        office = [people.hats["office1"], people.hats["office2"]]
        until = timezone.localtime() - timedelta(days=1)
        since = until - timedelta(days=5)
        moves_to(last, Stage.PRELIMINARY_REVIEW, office[0])
        seen_on_paper = {key for key, cell in book.cells.items() if cell.sub_item.look != Look.ONSITE}
        scores.write(
            book,
            ScoreKind.PRELIMINARY,
            ((key, mark.preliminary) for key, mark in marks.items() if key in seen_on_paper),
            lambda cell: office[cell.sub_item_id % 2],
            since,
            until,
        )
        moves_to(last, Stage.ONSITE_REVIEW, office[0])
        scores.write(
            book,
            ScoreKind.ONSITE,
            (
                (key, mark.onsite or mark.preliminary)
                for key, mark in marks.items()
                if mark.onsite is not None or key not in seen_on_paper
            ),
            lambda cell: office[cell.sub_item_id % 2],
            since,
            until,
        )
        moves_to(last, Stage.HEARING, office[0])
    return last, people


def _bind(last: Cycle, now: People) -> People:
    """The office, the group, the mayor, the organization department and every unit's principal hold last year too."""
    hats = {name: Hat(now.hats[name].user, role, None, last.pk) for name, role in BOUND.items()}
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(user=hat.user, role=hat.role, cycle=last, is_head=name == "leader1")
            for name, hat in hats.items()
        ],
        ignore_conflicts=True,  # who copied the year holds it already
    )
    units: list[tuple[Unit, Hat]] = [
        (unit, now.hats[f"principal_{account_name(unit)}"]) for unit in contestants(last)
    ]
    RoleAssignment.objects.bulk_create(
        [RoleAssignment(user=hat.user, role=Role.PRINCIPAL, unit=unit, cycle=last) for unit, hat in units],
        batch_size=200,
    )
    audit.record(
        now.hats["secadmin"], "roles.granted", last, cycle_code=last.code, count=len(hats) + len(units)
    )
    return People(last, hats)


def moves_to(last: Cycle, to: Stage, by: Hat) -> None:
    for stage in ORDER[ORDER.index(last.stage_now) + 1 : ORDER.index(to) + 1]:
        before, last.stage = last.stage, str(stage)
        Cycle.objects.filter(pk=last.pk).update(stage=stage)
        audit.record(by, "cycle.moved", last, cycle_code=last.code, before=before, after=str(stage))


def _approved(last: Cycle, people: People) -> None:
    """Readings decided, the hearing released, two members' approval, the awards decided by the same two."""
    office, leaders = people.hats["office1"], (people.hats["leader1"], people.hats["leader2"])
    publication.decide_readings(last, leaders[0])
    publication.release_hearing(last, leaders[0])
    moves_to(last, Stage.RESULTS, office)
    publication.approve(last, office, leaders)
    publication.name_people(last, office)
    publication.decide_awards(last, office, leaders)
