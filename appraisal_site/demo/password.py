"""The one password of the demo's accounts, drawn once and kept where only the owner of the files reads it.

Hashing it is the business of people.py.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


def place() -> Path:
    return Path(settings.VAR_DIR) / "demo_password"


def kept() -> str:
    """The password as kept, "" when there is none."""
    try:
        return place().read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def kept_or_drawn() -> str:
    """The kept password, or a new one of 16 letters that is kept from now on (mode 0600)."""
    have = kept()
    if have:
        return have
    drawn = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    place().parent.mkdir(parents=True, exist_ok=True)
    place().unlink(missing_ok=True)
    descriptor = os.open(place(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(drawn + "\n")
    return drawn
