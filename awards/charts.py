"""Pictures of awards and of the leaders' brief as SVG: where the budget goes, how strong a block is in each item.

Values in, SVG out, each with a text alternative and its figures written in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from django.utils.safestring import SafeString

PARTS = (("part-1", "#2f4858"), ("part-6", "#aaa3bd"), ("part-8", "#cbb592"), ("part-4", "#a9bba4"))
STEPS = 5  # tints of the heat map
HEAT = ("#f3efe4", "#dbe3e6", "#b4c5cd", "#7f9aa8", "#2f4858")


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a whole: its name, its size and how the size reads."""

    name: str
    size: int
    shown: str


@dataclass(frozen=True, slots=True)
class Heat:
    """One field of the heat map: a share of the full marks."""

    name: str
    share: Fraction | None  # 0 to 1; None: nobody has a score
    shown: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    name: str
    fields: Sequence[Heat]


def budget_bar(slices: Sequence[Slice], *, label: str) -> SafeString:
    """The whole budget as one bar: what falls to units, what a tie holds, what stays empty."""
    total = sum(one.size for one in slices)
    drawn, left = [], 0.0
    for number, one in enumerate(slices):
        if one.size <= 0:
            continue
        wide = 1000 * one.size / total
        css, fill = PARTS[number % len(PARTS)]
        drawn.append(
            f'<rect class="{css}" x="{left:.2f}" y="0" width="{wide:.2f}" height="26" fill="{fill}">'
            f"<title>{escape(one.name)} {escape(one.shown)}</title></rect>"
        )
        left += wide
    return SafeString(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-budget" viewBox="0 0 1000 26" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )


def heat_map(rows: Sequence[HeatRow], *, label: str) -> SafeString:
    """A row for each block, a field for each of its items, darker where more of the full marks were reached."""
    gutter, width, line = 150, 1200, 58
    widest = max((len(row.fields) for row in rows), default=1) or 1
    drawn = []
    for number, row in enumerate(rows):
        top = number * line
        drawn.append(_text(0, top + 32, row.name, "chart-name", "#1c1b18"))
        wide = (width - gutter) / max(len(row.fields), min(widest, 3))
        for index, one in enumerate(row.fields):
            left = gutter + index * wide
            step = tint(one.share)
            ink = "#ffffff" if step >= STEPS - 2 else "#1c1b18"
            tone = "chart-on-dark" if step >= STEPS - 2 else "chart-on-light"
            drawn.append(
                f'<rect class="heat-{step}" x="{left:.1f}" y="{top}" width="{wide - 3:.1f}" height="{line - 6}" '
                f'fill="{HEAT[step]}"><title>{escape(row.name)} · {escape(one.name)} {escape(one.shown)}</title></rect>'
            )
            drawn.append(_text(left + 8, top + 21, _fit(one.name, wide - 14), tone, ink))
            drawn.append(_text(left + 8, top + 42, one.shown, tone, ink))
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-heat" viewBox="0 0 {width} {len(rows) * line or 1}" '
        f'role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )


def tint(share: Fraction | None) -> int:
    """0 to STEPS − 1; marks of an appraisal lie close together, so a step is 2 per cent, from 86 on."""
    if share is None:
        return 0
    return max(0, min(STEPS - 1, int((share - Fraction(84, 100)) * 100 // 2)))


def _text(left: float, base: float, words: str, css: str, fill: str) -> str:
    return f'<text class="{css}" x="{left:.1f}" y="{base:.1f}" font-size="13" fill="{fill}">{escape(words)}</text>'


def _fit(words: str, room: float) -> str:
    fits = int(room // 13)
    return words if len(words) <= fits else words[: max(fits - 1, 1)] + "…"
