"""Reads the codes printed on a form from the picture of its scan; the file is opened in a limited child process.

Which texts are codes of forms is the caller's business.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from office.refusal import Refused
from office.scans.limits import Limits

ROOT: Final = str(Path(__file__).resolve().parents[2])
START: Final = "import sys; sys.path.insert(0, sys.argv.pop()); from office.scans.child import main; main()"
LONGEST_ANSWER: Final = 65536


def codes_in(chunks: Iterable[bytes], name: str, limits: Limits | None = None) -> list[str]:
    """What the QR codes of a PDF, JPEG or PNG say, each once; [] for a file of another kind or without any.

    Raises Refused (422) for a file that cannot be read, or that would take more memory or time than a scan does.
    """
    limits = limits or Limits()
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        file.seek(0)
        command = [sys.executable, "-I", "-B", "-c", START, json.dumps(limits.as_dict()), ROOT]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module; the file goes in on standard input
                command,
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                timeout=limits.wait_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _refused("too-slow", name) from error
    if done.returncode != 0:
        raise _refused("too-slow" if done.returncode in {-24, -9} else "unreadable", name)
    answer = json.loads(done.stdout[:LONGEST_ANSWER])
    if "refused" in answer:
        raise _refused(str(answer["refused"]), name)
    return [str(text) for text in answer["texts"]]


def _refused(code: str, name: str) -> Refused:
    sentences = {
        "too-slow": _("%(name)s takes too long to read. Please scan the paper anew, page by page."),
        "picture-too-big": _("%(name)s has more dots than a scan needs. Please scan it at 150 to 300 dpi."),
        "unreadable": _("%(name)s cannot be read: the file is broken. Please scan the paper anew."),
    }
    return Refused(f"scan-{code}", sentences[code] % {"name": name}, status=422)
