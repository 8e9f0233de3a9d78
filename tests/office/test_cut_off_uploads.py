"""An upload cut off half-way over a real connection, on a full disk, and across a change of stage.

A live server answers a raw socket that announces a whole body and sends half of it.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from office import tokens
from office.models import Evidence, StoredFile
from scoring.models import ImportBatch
from tests.bonuses.papers import pdf
from tests.cast import Cast, build
from tests.scoring.ledger_sheets import GOOD, LEAD, book
from units.models import Cycle
from units.stages import Stage

BOUNDARY = "a-boundary-of-its-own"


@dataclass(frozen=True, slots=True)
class Upload:
    """One way to hand a file in: who, where, which fields, and what lies there when it has come in."""

    who: str
    path: str
    fields: dict[str, str]
    field: str
    name: str
    content: bytes
    stage: Stage
    kept: Callable[[], int]
    by_token: bool = False

    def body(self, csrf: str) -> bytes:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {**self.fields, "csrfmiddlewaretoken": csrf}.items()
        ]
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{self.field}"; filename="{self.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return b"".join([*parts, head.encode(), self.content, f"\r\n--{BOUNDARY}--\r\n".encode()])


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return build()


@pytest.fixture(params=["evidence", "ledger", "ledger over the API"])
def upload(request: pytest.FixtureRequest, cast: Cast) -> Upload:
    cell = cast.cell("青山乡", "信访").pk
    ledger = book(*GOOD)
    ways = {
        "evidence": Upload(
            "official_青山乡", f"/years/2012/self/cells/{cell}/evidence/", {}, "file", "材料.pdf",
            pdf("x" * 400_000), Stage.SELF_ASSESSMENT, Evidence.objects.count,
        ),
        "ledger": Upload(
            LEAD, "/years/2012/imports/", {"kind": "ledger"}, "files", "台账.xlsx", ledger,
            Stage.MONITORING, ImportBatch.objects.count,
        ),
        "ledger over the API": Upload(
            LEAD, "/api/v1/ledgers/", {"cycle": "2012", "confirm": "true"}, "file", "台账.xlsx", ledger,
            Stage.MONITORING, ImportBatch.objects.count, by_token=True,
        ),
    }  # fmt: skip
    chosen = ways[request.param]
    cast.at(chosen.stage)
    return chosen


class Line:
    """A raw connection that has announced the whole upload and sends it piece by piece."""

    def __init__(self, server: str, cast: Cast, upload: Upload) -> None:
        place = urlsplit(server)
        csrf = "c" * 32
        self.body = upload.body(csrf)
        if upload.by_token:
            who = f"Authorization: Token {tokens.issue(cast.hat(upload.who), 'test', 1)}"
        else:
            client = Client()
            client.force_login(cast.people[upload.who], "django.contrib.auth.backends.ModelBackend")
            who = f"Cookie: sessionid={client.cookies['sessionid'].value}; csrftoken={csrf}"
        self.line = socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30)
        self.line.sendall(
            f"POST {upload.path} HTTP/1.1\r\nHost: {place.netloc}\r\n{who}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n".encode()
        )

    def send_half(self) -> None:
        self.line.sendall(self.body[: len(self.body) // 2])

    def send_rest(self) -> None:
        self.line.sendall(self.body[len(self.body) // 2 :])

    def answer(self) -> tuple[int, str]:
        received = b""
        while piece := self.line.recv(65536):
            received += piece
        self.line.close()
        head, _blank, content = received.partition(b"\r\n\r\n")
        return int(head.split()[1]), content.decode()


def left_over() -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return [str(path) for path in root.rglob("*") if path.is_file()] if root.exists() else []


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "the server has not noticed"
        time.sleep(0.02)


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_half_an_upload_is_told_and_leaves_nothing_and_the_retry_gives_one_copy(
    live_server: LiveServer, cast: Cast, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(live_server.url, cast, upload)
    line.send_half()
    line.line.shutdown(socket.SHUT_WR)  # no more comes, but somebody still listens
    status, words = line.answer()

    assert status == 400
    assert "上传中断" in words
    assert (upload.kept(), StoredFile.objects.count(), left_over(), faults(caplog)) == (0, 0, [], [])

    for _again in range(2 if upload.field == "file" and not upload.by_token else 1):
        line = Line(live_server.url, cast, upload)
        line.send_half()
        line.send_rest()
        status, words = line.answer()
        assert status in {201, 302}, words
    assert upload.kept() == 1
    assert len(left_over()) == 1


def test_a_connection_that_dies_half_way_is_no_fault_of_the_server(
    live_server: LiveServer, cast: Cast, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "django.request")
    line = Line(live_server.url, cast, upload)
    line.send_half()
    time.sleep(0.2)  # let the server begin to read
    line.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.line.close()  # a reset, as when the cable is pulled out

    wait_for(lambda: any("Bad Request" in record.getMessage() for record in caplog.records))
    assert (upload.kept(), StoredFile.objects.count(), left_over(), faults(caplog)) == (0, 0, [], [])


def test_a_stage_that_moves_while_the_file_comes_up_refuses_it_in_words(
    live_server: LiveServer, cast: Cast, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(live_server.url, cast, upload)
    line.send_half()
    Cycle.objects.filter(pk=cast.cycle.pk).update(stage=Stage.HEARING)
    line.send_rest()

    status, words = line.answer()

    # Several sheets are dropped at once: what became of each stands on the page that follows.
    assert status in {409, 302}
    if status == 409:
        assert "初审" in words
    assert (upload.kept(), StoredFile.objects.count(), left_over(), faults(caplog)) == (0, 0, [], [])


@pytest.mark.parametrize("kind", ["evidence", "ledger"])
def test_no_room_for_the_upload_itself_is_told_and_keeps_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A large upload lies in a temporary file while it comes in."""

    def full(self: TemporaryUploadedFile, *_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryFileUploadHandler.receive_data_chunk", full)
    large = SimpleUploadedFile("大文件.pdf", pdf("x" * 3_000_000))
    cell = cast.at(Stage.SELF_ASSESSMENT).cell("青山乡", "信访").pk
    who, path, values = {
        "evidence": ("official_青山乡", f"/years/2012/self/cells/{cell}/evidence/", {"file": large}),
        "ledger": (LEAD, "/years/2012/imports/", {"kind": "ledger", "files": large}),
    }[kind]
    client = Client()
    client.force_login(cast.people[who])

    answer = client.post(path, values)

    assert answer.status_code == 507
    assert re.search("磁盘空间不足", answer.content.decode())
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("whole", [True, False])
def test_a_body_of_json_is_held_to_the_same(live_server: LiveServer, cast: Cast, whole: bool) -> None:
    cell = cast.at(Stage.PRELIMINARY_REVIEW).cell("青山乡", "信访")
    body = b'{"kind": "preliminary", "score": "388", "version": 0}' + b" " * 2000
    place = urlsplit(live_server.url)
    line = socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30)
    line.sendall(
        f"PATCH /api/v1/cells/{cell.pk}/ HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n"
        f"Authorization: Token {tokens.issue(cast.hat('reviewer1'), 'test', 1)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    line.sendall(body if whole else body[:1000])
    line.shutdown(socket.SHUT_WR)

    status = int(line.recv(65536).split()[1])

    line.close()
    assert (status, cell.scores.count()) == ((200, 1) if whole else (400, 0))
