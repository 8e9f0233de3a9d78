"""Reads a score as people type it.

Range and decimals are held by the actions.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from django.utils.translation import gettext as _

from office.refusal import Refused

# Decimal() would also read 1_000, 1e3 and Infinity, which nobody means as a score.
ONE_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")


def typed_points(text: str) -> Decimal | None:
    """What was typed as a number; None for an empty field.  Raises Refused for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("分").strip()
    if not plain:
        return None
    if not ONE_NUMBER.fullmatch(plain):
        raise Refused(
            "not-a-number",
            _("“%(text)s” is not one number; please use digits.") % {"text": text[:40]},
            status=422,
        )
    return Decimal(plain)
