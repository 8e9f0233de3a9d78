"""The findings of distortion beside what is reviewed: a flag with its sentence, and the way to the finding.

What is a finding is told by scoring.distortion; it is dismissed on its own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse

from scoring import distortion_facts
from scoring.distortion import Found
from scoring.distortion_facts import Beside
from scoring.words_of_distortion import kind_label, sentence
from units.hats import Hat
from units.models import Cycle
from units.permissions import may

Flag = tuple[str, str, str]  # kind, sentence, the finding's own page


def beside(hat: Hat, cycle: Cycle) -> Beside:
    """The open findings the hat may read (row E13), nothing for others."""
    return distortion_facts.beside(hat, cycle) if may("E13", hat, cycle) else Beside({}, {})


def flags(cycle: Cycle, found: Sequence[Found]) -> tuple[Flag, ...]:
    page = reverse("distortion", args=[cycle.code])
    return tuple(
        (
            kind_label(one.kind),
            sentence(one),
            f"{page}?{urlencode({'key': one.key})}",
        )
        for one in found
    )
