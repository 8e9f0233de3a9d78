"""A task backend for one-process installs: work runs in a thread of the web process.

The database worker (django-tasks-db) is the default; this keeps nothing across a restart, and the Job
row's heartbeat tells what was lost.
"""

from __future__ import annotations

import threading
from typing import Any

from django.db import close_old_connections, transaction
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import TaskResult


class ThreadBackend(ImmediateBackend):
    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        run = super()._execute_task

        def body() -> None:
            close_old_connections()
            try:
                run(task_result)
            finally:
                close_old_connections()

        transaction.on_commit(lambda: threading.Thread(target=body, daemon=True).start())
