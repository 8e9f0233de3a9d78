"""How tests of pages sign in, read an answer and lay out a city.

What a page must say is told by the tests beside this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Protocol

from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from office.models import User
from scoring.models import Cell, Involvement, Look, Score, ScoreKind
from tests.cast import Cast
from units.matrix import Role
from units.models import Cycle, Membership, RoleAssignment, Unit
from units.signals import announce_stale, once_per_block
from units.stages import Stage

YEAR = "/years/2012/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


class Answer(Protocol):
    """Any answer of the test client."""

    @property
    def content(self) -> bytes: ...


def body(response: Answer) -> str:
    return response.content.decode()


VOID = {"meta", "link", "input", "br", "img", "hr", "source", "wbr", "path", "rect", "circle", "line"}
UNREAD = {"script", "style", "title"}


@dataclass
class Markup(HTMLParser):
    """An answer taken apart: its elements, and its words outside scripts."""

    text: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)
    captions: list[bool] = field(default_factory=list)  # per table: has it a caption

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "table":
            self.captions.append(False)
        if tag == "caption" and self.captions:
            self.captions[-1] = True
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open_tags:
            while self.open_tags.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not UNREAD & set(self.open_tags):
            self.text.append(data.strip())

    @property
    def words(self) -> str:
        return " ".join(self.text)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(html: str) -> Markup:
    markup = Markup()
    markup.feed(html)
    return markup


def words_of(response: Answer) -> str:
    """The visible words, white space folded."""
    return re.sub(r"\s+", " ", read(body(response)).words)


def grow(cast: Cast, units: int) -> None:
    """Add so many townships to 乡镇口, each with every cell scored."""
    block = cast.blocks["乡镇口"]
    with transaction.atomic(), once_per_block():
        for number in range(units):
            unit = Unit.objects.create(name=f"新设{number}乡", kind="乡镇", order=100 + number)
            cast.cycle.units.add(unit)
            Membership.objects.create(block=block, unit=unit)
        announce_stale(block.pk)
    fill(block.cycle)


def fill(cycle: Cycle) -> None:
    """Give every empty cell but each fortieth a score, spread by its number; a few are not involved."""
    person = User.objects.filter(roles__role=Role.OFFICE).first() or User.objects.order_by("pk").first()
    now = timezone.now()
    made: list[Score] = []
    with transaction.atomic(), once_per_block():
        cells = Cell.objects.filter(block__cycle=cycle, scores__isnull=True).select_related("sub_item")
        for number, cell in enumerate(cells.order_by("pk")):
            base = cell.sub_item.base_points
            if number % 40 == 7:
                continue
            if number % 40 == 11:
                Cell.objects.filter(pk=cell.pk).update(
                    involvement=Involvement.CONFIRMED,
                    involvement_reason="本单位无此项工作",
                    proposed_by=person,
                )
                continue
            share = Decimal(100 - number * 7 % 23) / 100
            kind = ScoreKind.ONSITE if cell.sub_item.look == Look.ONSITE else ScoreKind.PRELIMINARY
            points = (base * share).quantize(Decimal("0.01"))
            made.append(Score(cell=cell, kind=kind, points=points, entered_by=person, entered_at=now))
        Score.objects.bulk_create(made)
        for block in cycle.blocks.all():
            announce_stale(block.pk)


def shipped_year(stage: Stage = Stage.PRELIMINARY_REVIEW) -> Cycle:
    """The shipped plan of 2012 with an office, a reviewer's and a unit's account, and every cell filled."""
    call_command("loaddata", "plan_2012", verbosity=0)
    cycle = Cycle.objects.get(code="2012")
    Cycle.objects.filter(pk=cycle.pk).update(stage=stage)
    cycle.refresh_from_db()
    for name, role, unit in [
        ("office1", Role.OFFICE, None),
        ("office2", Role.OFFICE, None),
        ("leader1", Role.LEADING_GROUP, None),
        ("lead", Role.LEAD, "市信访局"),
        ("official", Role.OFFICIAL, "青山乡"),
    ]:
        user = User.objects.create(username=name, display_name=name)
        RoleAssignment.objects.create(
            user=user, role=role, cycle=cycle, unit=Unit.objects.get(name=unit) if unit else None
        )
    fill(cycle)
    return cycle
