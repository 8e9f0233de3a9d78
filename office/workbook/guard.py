"""Opens a stranger's workbook in a child process and hands on what it says, or refuses in a sentence.
This process never unpacks or parses the file; what the rows mean is the reader's business.
"""

import base64
import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import orjson

from office.refusal import Refused
from office.workbook.limits import MIB, Limits
from office.workbook.sentences import file_sentence
from office.workbook.wire import LINE_BYTES

Source = bytes | Path | IO[bytes]
ROOT: Final = str(Path(__file__).resolve().parents[2])
START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop()); from office.workbook.child import main; main()"
)


Say = Callable[[str, Mapping[str, object]], str]  # code and figures → the sentence of a refusal


def refuse(code: str, say: Say = file_sentence, **figures: object) -> Refused:
    return Refused(code, say(code, figures))


def suffix_of(file_name: str) -> str:
    """The last suffix, lower case, of a name that is shown but never used as a path."""
    base = file_name.replace("\\", "/").rpartition("/")[2]
    return base.rpartition(".")[2].lower() if "." in base else ""


def messages(
    order: dict[str, Any], file: IO[bytes], limits: Limits, say: Say = file_sentence
) -> Iterator[dict[str, Any]]:
    """Run the child on an open file and yield what it says, up to and including its last word.

    Raises Refused with the child's reason, or when it dies, is too slow or says something unexpected.
    """
    command = [
        sys.executable,
        "-I",
        "-B",
        "-c",
        START,
        orjson.dumps({**order, "limits": limits.as_dict()}).decode(),
        ROOT,
    ]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the file goes in on standard input
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8"},
        close_fds=True,
    )
    assert process.stdout is not None
    timed_out = threading.Event()

    def give_up() -> None:
        timed_out.set()
        process.kill()

    timer = threading.Timer(limits.wait_seconds, give_up)
    timer.daemon = True
    timer.start()
    finished = False
    try:
        while line := process.stdout.readline(LINE_BYTES):
            try:
                message = orjson.loads(line)
            except orjson.JSONDecodeError:
                break
            if message.get("m") == "refused":
                raise refuse(str(message["code"]), say, **message["figures"])
            finished = message.get("m") == "done"
            yield message
            if finished:
                return
    finally:
        timer.cancel()
        if not finished:
            process.kill()
        process.stdout.close()
        code = process.wait()
    if timed_out.is_set() or code in (-24, -9):  # SIGXCPU, or killed at the hard limit
        raise refuse("too-slow", say)
    raise refuse("unreadable", say)


@contextlib.contextmanager
def opened(source: Source) -> Iterator[tuple[IO[bytes], int]]:
    """The source as a real file at its beginning, and its size in bytes."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file, source.stat().st_size
        return
    with tempfile.TemporaryFile() as file:
        if isinstance(source, bytes):
            file.write(source)
        else:
            source.seek(0)
            while chunk := source.read(MIB):
                file.write(chunk)
        size = file.tell()
        file.flush()
        file.seek(0)
        yield file, size


def guarded(
    source: Source, limits: Limits, file_name: str = "", *, do: str = "read", say: Say = file_sentence
) -> Iterator[dict[str, Any]]:
    """What the child reads from the file, message by message; raises Refused for every bad file.

    `do` "read" takes a workbook, "words" a .docx; `say` has the sentences of that kind of file.
    """
    name = file_name or (source.name if isinstance(source, Path) else "")
    base = name.replace("\\", "/").rpartition("/")[2]
    if base.startswith(("~$", ".~")):
        raise refuse("lock-file", say, name=base[:80])
    with opened(source) as (file, size):
        if size == 0:
            raise refuse("empty-file", say)
        if size > limits.file_bytes:
            raise refuse("file-too-big", say, size=-(-size // MIB), limit=limits.file_bytes // MIB)
        yield from messages({"do": do, "suffix": suffix_of(name)}, file, limits, say)


def marked(content: bytes, order: dict[str, Any], limits: Limits) -> bytes:
    """The workbook as the child marked it, see `marking`; raises Refused when it cannot."""
    words = orjson.dumps(order)
    made: list[bytes] = []
    with opened(len(words).to_bytes(8, "big") + words + content) as (file, _):
        for message in messages({"do": "mark"}, file, limits):
            if message["m"] == "file":
                made.append(base64.b64decode(message["b"]))
    return b"".join(made)
