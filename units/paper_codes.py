"""The code on a printed form: eight signs by which a signed scan finds its place again.

Pure. Signs that are taken for one another are left out; the last one checks the others.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})
SHAPE = re.compile(r"(?<![0-9A-Z])([0-9A-Z]{4})[-_ ]?([0-9A-Z]{4})(?![0-9A-Z])")


def _check_sign(body: str) -> str:
    """Weighted by position, so that two signs changed for one another are noticed; 31 is prime."""
    return SIGNS[sum((n + 1) * SIGNS.index(sign) for n, sign in enumerate(body)) % 31]


def code_for(seed: str) -> str:
    """The code that belongs to this seed, such as 7K3M-9QXF; the same seed always gives the same one."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    body = ""
    for _sign in range(7):
        number, rest = divmod(number, 32)
        body += SIGNS[rest]
    return f"{body[:4]}-{body[4:]}{_check_sign(body)}"


def tidy(text: str) -> str:
    """A typed code as it is printed; '' when it is none or its last sign does not fit."""
    found = find(text)
    return found[0] if len(found) == 1 else ""


def find(text: str) -> list[str]:
    """Every code in a text, such as the name of a scanned file, in the order it stands there."""
    plain = unicodedata.normalize("NFKC", text).upper()
    codes = []
    for first, second in SHAPE.findall(plain):
        signs = (first + second).translate(MISREAD)
        if set(signs) <= set(SIGNS) and _check_sign(signs[:7]) == signs[7]:
            codes.append(f"{signs[:4]}-{signs[4:]}")
    return list(dict.fromkeys(codes))
