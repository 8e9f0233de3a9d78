"""Serves the product on this machine: secret key, data, web server and worker, all ended together.

Leaves packages to setup.sh, data to prepare.py; a server room has its own supervisor (docs/operations.md).
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
SECONDS_TO_START = 60
SECONDS_TO_END = 15


class StartError(Exception):
    """Something a person can put right; the text is the one line they read."""


def main() -> int:
    os.chdir(ROOT)
    try:
        port = chosen_port()
        require_free(port)
        os.environ.setdefault("SECRET_KEY", kept_secret_key(ROOT / "var" / "secret_key"))
        prepared = subprocess.run([sys.executable, "scripts/prepare.py"], check=False)
        if prepared.returncode != 0:
            return prepared.returncode
        return serve(port)
    except StartError as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise StartError(f"PORT must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def require_free(port: int) -> None:
    with socket.socket() as trial:
        # As the web server will do: a port that only waits out its last connections is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except PermissionError:
            raise StartError(
                f"Port {port} may not be opened by this user; choose one above 1023: make run PORT=8000"
            ) from None
        except OSError:
            other = port + 1 if port < 65535 else 8000
            raise StartError(
                f"Port {port} is taken by another program; end it, or choose another: make run PORT={other}"
            ) from None


def kept_secret_key(path: Path) -> str:
    """Return the key that signs cookies on this machine, made once and readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not path.read_text().strip():
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50) + "\n")
    return path.read_text().strip()


def commands(port: int, tasks: str) -> dict[str, list[str]]:
    """Return what has to run, by name.  `tasks` is the setting TASKS."""
    # A thread that works beside the pages must be the only one: one web process.
    web_processes = "1" if tasks == "process" else "2"
    web = [sys.executable, "-m", "gunicorn", "appraisal_site.wsgi:application", f"--bind={HOST}:{port}"]
    web += [f"--workers={web_processes}", "--worker-class=gthread", "--threads=4", "--no-control-socket"]
    web += ["--timeout=60", "--graceful-timeout=10", "--log-level=warning"]
    if tasks == "worker":
        return {"web server": web, "worker": [sys.executable, "manage.py", "db_worker"]}
    if tasks.startswith(("redis", "unix")):
        print("Long work waits in Redis until a worker runs: .venv/bin/python manage.py rqworker")
    return {"web server": web}


def serve(port: int) -> int:
    """Run until a signal or until one part ends by itself; the latter is a failure."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)

    with running(commands(port, os.environ.get("TASKS") or "worker")) as processes:
        address = f"http://{HOST}:{port}"
        deadline = time.monotonic() + SECONDS_TO_START
        answered = False
        while not stopping.wait(0.2):
            for name, process in processes.items():
                if process.poll() is not None:
                    code = process.returncode
                    print(f"The {name} ended by itself (code {code}); stopping.", file=sys.stderr)
                    return 1
            if not answered:
                answered = answers(address)
                if answered:
                    print(f"Ready: {address}  (Ctrl-C ends it)", flush=True)
                elif time.monotonic() > deadline:
                    print(f"No answer on {address} after {SECONDS_TO_START} s; stopping.", file=sys.stderr)
                    return 1
        print("Stopping.", flush=True)
        return 0


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address + "/", timeout=10):  # noqa: S310 -- our own http address, fixed above
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False


@contextmanager
def running(command_by_name: dict[str, list[str]]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start every command in a session of its own and end them all on the way out."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in command_by_name.items():
            # Ctrl-C in a terminal reaches the whole group; here each part is asked once, by us.
            processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        yield processes
    finally:
        end(list(processes.values()))


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_END
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for process in processes:
        # What a part that died had started itself, such as the web server's own processes.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
