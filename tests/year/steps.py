"""What walks through a year share: a clock to turn, people who open and send pages, workbooks filled in.

The steps themselves are told by the tests beside this file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from appraisal_site import procedure
from office.models import User
from scoring.models import ImportBatch, SubItem
from tests.cast import Cast
from units.matrix import Role
from units.models import Cycle, RoleAssignment
from units.stages import ORDER, Stage


@dataclass
class Clock:
    """The server's clock, turned by hand: `clock("2012-12-20 17:29")`."""

    now: datetime

    def __call__(self, text: str) -> None:
        later = timezone.make_aware(datetime.fromisoformat(text))
        assert later > self.now, "a year runs forward"
        self.now = later


def turn_by_hand(monkeypatch: pytest.MonkeyPatch, begin: str) -> Clock:
    clock = Clock(timezone.make_aware(datetime.fromisoformat(begin)))
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


def add_person(cast: Cast, name: str, role: Role, unit: str = "") -> None:
    user = User.objects.create(username=name, display_name=name)
    RoleAssignment.objects.create(
        user=user, role=role, unit=cast.units[unit] if unit else None, cycle=cast.cycle
    )
    cast.people[name] = user


@dataclass
class Desk:
    """Pages of one year, opened and sent as one of its people; each call is a new sitting at the machine."""

    cast: Cast

    def _client(self, who: str) -> Client:
        client = Client()
        client.force_login(self.cast.people[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    @property
    def root(self) -> str:
        return f"/years/{self.cast.cycle.code}/"

    def get(self, who: str, path: str, status: int = 200) -> Any:
        answer = self._client(who).get(path if path.startswith("/") else self.root + path)
        assert answer.status_code == status, (who, path, answer.status_code)
        return answer

    def send(self, who: str, path: str, values: Mapping[str, Any] | None = None, status: int = 302) -> Any:
        """A form sent; taken forms answer with a way on, so a refusal that nobody expects fails here."""
        answer = self._client(who).post(
            path if path.startswith("/") else self.root + path, dict(values or {})
        )
        assert answer.status_code == status, (who, path, answer.status_code, _sentence(answer))
        return answer

    def hand_in(self, who: str, kind: str, content: bytes, name: str = "表.xlsx") -> ImportBatch:
        """A workbook dropped, looked at and confirmed, on three pages."""
        sent = self.send(who, "imports/", {"kind": kind, "files": SimpleUploadedFile(name, content)})
        batch = ImportBatch.objects.order_by("-pk")[0]
        assert batch.report["errors"] == []
        self.get(who, sent["Location"])
        self.send(who, f"imports/{batch.pk}/confirm/")
        batch.refresh_from_db()
        return batch


def _sentence(answer: HttpResponseBase) -> str:
    refusal = (getattr(answer, "context", None) or {}).get("refusal")
    return str(refusal)


def filled(content: bytes, fill: Callable[[dict[str, Any]], Mapping[str, Any]], sheet: str = "") -> bytes:
    """The product's own workbook with what `fill` says of each row, told by its headings."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book[sheet] if sheet else book.worksheets[0]
    top = next(
        row[0].row
        for row in page.iter_rows(max_row=6)
        if sum(isinstance(cell.value, str) for cell in row) >= 5
    )
    columns = {str(cell.value): cell.column for cell in page[top] if cell.value is not None}
    for number in range(top + 1, page.max_row + 1):
        row = {name: page.cell(number, column).value for name, column in columns.items()}
        for name, value in fill(row).items():
            page.cell(number, columns[name]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def led(cast: Cast, body: str) -> list[SubItem]:
    """The sub-items a body leads, in the plan's order."""
    return list(
        SubItem.objects.filter(item__block__cycle=cast.cycle, lead=cast.units[body]).order_by(
            "item__block__order", "item__order", "order"
        )
    )


def lacking(stage: Stage) -> set[str]:
    """The codes of what is not ready before the stage."""
    return {lack.code for lack in procedure.lacks_before(Cycle.objects.get(code="2012"), stage)}


def move(desk: Desk, clock: Clock, when: str, stage: Stage) -> None:
    """Enter the next stage on its page; everything it asks must be ready by itself."""
    assert Cycle.objects.get(code="2012").stage == ORDER[ORDER.index(stage) - 1]
    assert lacking(stage) == set()
    clock(when)
    desk.get("office1", "move/")
    desk.send("office1", "move/", {"stage": str(stage), "reason": "上一阶段工作已完成"})
    desk.cast.cycle.refresh_from_db()
    assert desk.cast.cycle.stage == stage
