"""Acts that really race: each in a thread and a connection of its own, held together in the middle.

`meet_in` makes whoever comes to a function wait there for the other, as long as nothing keeps the other away:
with a lock before it nobody comes, and the first goes on alone.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from office.refusal import Refused

PATIENCE = 1.5  # seconds the first waits for somebody a lock keeps away


def race(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, or the Refused it raised, in the order of the acts."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return act()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def meet_in(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, parties: int = 2) -> None:
    """Whoever calls `module.name` waits there for the others before going on."""
    barrier = threading.Barrier(parties)
    real = getattr(module, name)

    def held(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=PATIENCE)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, held)


def refusals(results: list[Any]) -> list[str]:
    return [one.code for one in results if isinstance(one, Refused)]
