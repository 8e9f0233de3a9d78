"""The web process as its server starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_what_lives_as_long_as_the_process_is_left_out_of_the_collectors_searches() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc, sys, appraisal_site.wsgi;"
            "print(gc.get_freeze_count() > len(gc.get_objects()), 'scoring.views.matrix' in sys.modules)",
        ],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "for this test only"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.split() == ["True", "True"]
