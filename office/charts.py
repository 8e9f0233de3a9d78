"""Small pictures as SVG: a sum in its parts, weights of a block, a unit beside the mean, shifting places, a line.

Pure: values in, SVG out, with a text alternative in each. Colours are classes of css/components/chart.css
with a plain `fill` beneath for places without a style sheet; no style attribute, which the content
policy refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from django.utils.safestring import SafeString

# Also in tokens.css; here for PDF readers and image viewers that see the SVG alone.
FILLS = (
    "#2f4858",
    "#7f9aa8",
    "#4b6a5d",
    "#a9bba4",
    "#5a5470",
    "#aaa3bd",
    "#7a5c3e",
    "#cbb592",
    "#3d5f7d",
    "#9db4c7",
)
LIGHT_FILLS = {
    "green": "#22703f",
    "late": "#c9b26a",
    "off": "#ddd8cb",
    "amber": "#c98a12",
    "red": "#b3261e",
}
ZERO = Decimal(0)
WIDE_CHAR = Decimal("12.5")  # room one Chinese character takes at the size of picture labels


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sum."""

    name: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Band:
    """One major item of a block: its weight, and its sub-items by base points."""

    name: str
    weight_points: Decimal
    sub_items: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Against:
    """One item of a unit beside the mean of its block, both in weighted points."""

    name: str
    own: Decimal
    mean: Decimal
    full: Decimal  # the weight: what the best unit of the block gets


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a whole; `light` names the colour: green, late, off, amber, red."""

    name: str
    count: int
    light: str


def share_bar(shares: Sequence[Share], *, label: str) -> SafeString:
    """How many of a whole show which light, as one bar that always fills its width."""
    total = sum(share.count for share in shares)
    drawn: list[str] = []
    left = ZERO
    for share in shares:
        wide = Decimal(1000 * share.count) / total if total else ZERO
        kind = f'class="share-{share.light}" fill="{LIGHT_FILLS[share.light]}"'
        drawn.append(_rect(left, 0, wide, 10, kind, f"{share.name} {share.count}"))
        left += wide
    return _svg(1000, 10, "".join(drawn), label, 'class="chart chart-bar" preserveAspectRatio="none"')


def weighted_bar(
    parts: Sequence[Part], *, full: Decimal, plus: Decimal = ZERO, minus: Decimal = ZERO, label: str
) -> SafeString:
    """A sum as one bar of its parts; `full` fills the width, additions follow, deductions notch the end."""
    scale = Decimal(1000) / full if full > 0 else ZERO
    drawn: list[str] = []
    left = ZERO
    for index, part in enumerate(parts):
        width = max(part.points, ZERO) * scale
        drawn.append(_rect(left, 0, width, 10, _part(index), f"{part.name} {part.points}"))
        left += width
    if plus > 0:
        drawn.append(_rect(left, 0, plus * scale, 10, 'class="part-plus" fill="#2b2a26"', f"+{plus}"))
        left += plus * scale
    if minus > 0:
        width = min(minus * scale, left)
        drawn.append(_rect(left - width, 3, width, 4, 'class="part-minus" fill="#fff"', f"−{minus}"))
    return _svg(1000, 10, "".join(drawn), label, 'class="chart chart-bar" preserveAspectRatio="none"')


def weights_picture(bands: Sequence[Band], *, label: str, width: int = 1200) -> SafeString:
    """The weights of a block as one rectangle: a band per major item as high as its weight, cut by sub-items.

    Area is weight: what is twice as large counts twice.
    """
    total = sum((band.weight_points for band in bands), ZERO)
    if total <= 0:
        return _svg(width, 40, _text(width / 2, 25, "—", "middle"), label, 'class="chart chart-weights"')
    gutter = Decimal(190) if width >= 600 else Decimal(128)
    body = Decimal(width) - gutter
    # The smallest band must hold one line of text. The whole picture grows for it, not the band alone:
    # otherwise area would no longer be weight.
    smallest = min(band.weight_points for band in bands if band.weight_points > 0)
    height = min(max(Decimal(220), Decimal(20) * total / smallest), Decimal(600))
    drawn: list[str] = []
    top = ZERO
    for index, band in enumerate(bands):
        high = height * band.weight_points / total
        middle = top + high / 2 + 5
        name = _fit(band.name, gutter - 52)
        drawn.append(_text(0, middle, name, "start", "chart-name"))
        drawn.append(_text(gutter - 10, middle, f"{band.weight_points:f}", "end", "chart-value"))
        bases = sum((sub.points for sub in band.sub_items), ZERO)
        left = gutter
        for sub in band.sub_items:
            wide = body * sub.points / bases if bases > 0 else ZERO
            share = band.weight_points * sub.points / bases if bases > 0 else ZERO
            tip = f"{band.name} · {sub.name} {sub.points:f}/{bases:f} ({share:.1f})"
            drawn.append(_rect(left, top, wide - 1, high - 1, _part(index), tip))
            words = _fit(sub.name, wide - 12) if len(band.sub_items) > 1 else ""
            if words and high >= 18:
                tone = "chart-on-dark" if index % 2 == 0 else "chart-on-light"
                fill = "#ffffff" if index % 2 == 0 else "#1c1b18"
                drawn.append(_text(left + 7, middle, words, "start", tone, fill))
            left += wide
        top += high
    return _svg(width, int(height), "".join(drawn), label, 'class="chart chart-weights"')


def against_mean(rows: Sequence[Against], *, label: str, places: int = 2) -> SafeString:
    """Each item's lead over, or lag behind, the mean of the block: a bar right or left of one line."""
    width, line, gutter, edge = 360, 30, Decimal(104), Decimal(56)
    axis = gutter + (Decimal(width) - gutter) / 2
    reach = (Decimal(width) - gutter) / 2 - edge
    most = max((abs(row.own - row.mean) for row in rows), default=ZERO)
    drawn: list[str] = []
    for index, row in enumerate(rows):
        gap = row.own - row.mean
        middle = Decimal(line * index + line // 2 + 6)
        long = reach * abs(gap) / most if most > 0 else ZERO
        tip = f"{row.name}: {row.own:f} / {row.mean:.{places}f} / {row.full:f}"
        kind = 'class="gap-up" fill="#2f4858"'
        if gap < 0:
            kind = 'class="gap-down" fill="#ffffff" stroke="#2f4858"'
        left = axis if gap >= 0 else axis - long
        drawn.append(_text(gutter - 12, middle + 5, _fit(row.name, gutter - 8), "end", "chart-name"))
        drawn.append(_rect(left, middle - 7, max(long, Decimal(1)), 14, kind, tip))
        sign = "+" if gap > 0 else "−" if gap < 0 else ""
        figure = f"{sign}{abs(gap):.{places}f}"
        end = (axis + long + 6, "start") if gap >= 0 else (axis - long - 6, "end")
        drawn.append(_text(end[0], middle + 5, figure, end[1], "chart-value"))
    height = line * len(rows) + 12
    drawn.append(f'<path class="chart-axis" d="M{_n(axis)} 0V{height}" stroke="#1c1b18" stroke-width="1"/>')
    return _svg(width, height, "".join(drawn), label, 'class="chart chart-against"')


def sparkline(values: Sequence[Decimal | None], *, label: str, upside_down: bool = False) -> SafeString:
    """A line of values; gaps stay gaps. `upside_down` for places, where 1 is best."""
    known = [value for value in values if value is not None]
    width, height = 120, 28
    if not known:
        return _svg(width, height, "", label, 'class="chart chart-spark"')
    low, high = min(known), max(known)
    step = Decimal(width - 8) / max(len(values) - 1, 1)
    pen, path, last = "M", [], (ZERO, ZERO)
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        share = (value - low) / (high - low) if high > low else Decimal("0.5")
        last = (4 + step * index, 4 + (height - 8) * (share if upside_down else 1 - share))
        path.append(f"{pen}{_n(last[0])} {_n(last[1])}")
        pen = "L"
    line = f'<path class="spark" d="{"".join(path)}" fill="none" stroke="#1c1b18" stroke-width="1.5"/>'
    dot = f'<circle class="spark-end" cx="{_n(last[0])}" cy="{_n(last[1])}" r="3" fill="#1c1b18"/>'
    return _svg(width, height, line + dot, label, 'class="chart chart-spark"')


MOST_BARS = 8
ROUND_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5))


def bins_of(values: Sequence[Decimal]) -> list[tuple[Decimal, Decimal, int]]:
    """(above, up to, how many): nothing at all stands alone first, then at most eight equal steps of a round width.

    Values are zero or more; a value on an edge belongs to the step that ends there.
    """
    most = max(values, default=ZERO)
    bins = [(ZERO, ZERO, sum(1 for value in values if value == 0))]
    if most <= 0:
        return bins
    power = Decimal(1).scaleb(most.adjusted() - 1)
    widths = (step * scale for scale in (power, power * 10) for step in ROUND_STEPS)
    step = next(width for width in widths if width * MOST_BARS >= most)
    edge = ZERO
    while edge < most:
        upper = edge + step
        bins.append((edge, upper, sum(1 for value in values if edge < value <= upper)))
        edge = upper
    return bins


def histogram(values: Sequence[Decimal], *, label: str) -> SafeString:
    """How many have how much: a column for none, apart, and one for each step; counts above, edges below."""
    bins = bins_of(values)
    tall, foot, wide, gap = Decimal(64), Decimal(82), Decimal(34), Decimal(12)
    width = int(wide * MOST_BARS + wide + gap * 2) + 20
    highest = max((count for _above, _upto, count in bins), default=0) or 1
    drawn: list[str] = []
    told: list[str] = []
    for index, (above, upto, count) in enumerate(bins):
        left = Decimal(6) + wide * index + (gap if index else ZERO)
        name = "0" if not index else f"{above.normalize():f}–{upto.normalize():f}"
        told.append(f"{name}: {count}")
        high = tall * count / highest
        kind = 'class="bin-none" fill="#ddd8cb"' if not index else _part(0)
        if count:
            drawn.append(_rect(left, foot - high, wide - 3, high, kind, f"{name}: {count}"))
            drawn.append(_text(left + (wide - 3) / 2, foot - high - 4, str(count), "middle", "chart-value"))
        edge = "0" if not index else f"{upto.normalize():f}"
        end = left + (wide - 3) / 2 if not index else left + wide - 3
        drawn.append(_text(end, foot + 15, edge, "middle" if not index else "end", "chart-name"))
    drawn.append(
        f'<path class="chart-axis" d="M2 {_n(foot)}H{width - 14}" stroke="#1c1b18" stroke-width="1"/>'
    )
    return _svg(width, 102, "".join(drawn), f"{label}: {'; '.join(told)}", 'class="chart chart-bins"')


@dataclass(frozen=True, slots=True)
class Shift:
    """One unit's place today and after a change; 1 is best."""

    name: str
    before: int
    after: int


def shifts(rows: Sequence[Shift], *, label: str, heads: tuple[str, str]) -> SafeString:
    """Two columns of places with a line for every unit: who climbs, who falls, who stays."""
    width, line, gutter = 420, 22, Decimal(150)
    right = Decimal(width) - gutter
    left_seats, right_seats = _seats([row.before for row in rows]), _seats([row.after for row in rows])
    drawn = [
        _text(gutter - 10, 14, heads[0], "end", "chart-value"),
        _text(right + 10, 14, heads[1], "start", "chart-value"),
    ]
    for row, start, end in zip(rows, left_seats, right_seats, strict=True):
        top, bottom = line * start + 36, line * end + 36
        kind, stroke, wide = "shift-stays", "#b8b4a8", "1"
        if row.after < row.before:
            kind, stroke, wide = "shift-up", "#2f4858", "2"
        elif row.after > row.before:
            kind, stroke, wide = "shift-down", "#8c2f1f", "2"
        dashes = ' stroke-dasharray="5 3"' if row.after > row.before else ""
        drawn.append(
            f'<path class="{kind}" d="M{_n(gutter)} {top}L{_n(right)} {bottom}" fill="none" '
            f'stroke="{stroke}" stroke-width="{wide}"{dashes}><title>'
            f"{escape(row.name)} {row.before} → {row.after}</title></path>"
        )
        name = _fit(row.name, gutter - 44)
        drawn.append(_text(gutter - 10, top + 5, f"{name} {row.before}", "end", "chart-name"))
        drawn.append(_text(right + 10, bottom + 5, f"{row.after} {name}", "start", "chart-name"))
    return _svg(width, line * len(rows) + 36, "".join(drawn), label, 'class="chart chart-shifts"')


def _seats(places: Sequence[int]) -> list[int]:
    """Each row's line from the top; those on one place stand below one another."""
    order = sorted(range(len(places)), key=lambda n: (places[n], n))
    seats = [0] * len(places)
    for seat, n in enumerate(order):
        seats[n] = seat
    return seats


def _svg(width: int, height: int, inner: str, label: str, attributes: str) -> SafeString:
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {attributes} role="img" '
        f'aria-label="{escape(label)}">{inner}</svg>'
    )


def _part(index: int) -> str:
    number = index % len(FILLS)
    return f'class="part-{number + 1}" fill="{FILLS[number]}"'


def _rect(
    left: Decimal, top: Decimal | int, width: Decimal, height: Decimal | int, attributes: str, tip: str
) -> str:
    if width <= 0:
        return ""
    return (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" {attributes}>'
        f"<title>{escape(tip)}</title></rect>"
    )


def _text(
    left: Decimal | float,
    base: Decimal | float,
    words: str,
    anchor: str,
    kind: str = "chart-name",
    fill: str = "#1c1b18",
) -> str:
    return (
        f'<text class="{kind}" x="{_n(left)}" y="{_n(base)}" text-anchor="{anchor}" font-size="13" '
        f'fill="{fill}">{escape(words)}</text>'
    )


def _fit(words: str, room: Decimal) -> str:
    """As much of a name as the room holds, with an ellipsis; empty when not even two characters fit."""
    fits = int(room // WIDE_CHAR)
    if len(words) <= fits:
        return words
    return words[: fits - 1] + "…" if fits >= 3 else ""


def _n(value: Decimal | float | int) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
