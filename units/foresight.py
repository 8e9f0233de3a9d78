"""What would move, seen before it is signed: asked of the port, shown on the page, kept with the decision.

From the hearing on every correction goes through here; before it nobody sees places and nothing is listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from office import ports
from office.ports import Change, Move
from office.refusal import Refused
from units import stages
from units.models import Block, Cycle
from units.permissions import stage_of

UNIT_ASPECTS = frozenset({"final", "rank", "eligible"})
# The field of a form that says which list its reader has seen.
SEEN = "seen"


@dataclass(slots=True)
class Row:
    """One unit of one block, before and after; None where the aspect stays."""

    unit: str
    block: str
    final: tuple[str, str] | None = None
    rank: tuple[str, str] | None = None
    eligible: tuple[str, str] | None = None

    @property
    def is_up(self) -> bool:
        return self.rank is not None and int(self.rank[1]) < int(self.rank[0])


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page lists before somebody signs; `digest` travels with the form."""

    moves: tuple[Move, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of(self.moves))

    @property
    def rows(self) -> list[Row]:
        """Unit by unit, those that change their place first."""
        found: dict[tuple[str, str], Row] = {}
        for move in self.moves:
            if move.aspect not in UNIT_ASPECTS:
                continue
            row = found.setdefault((move.where, move.unit), Row(move.unit, move.where))
            setattr(row, move.aspect, (move.before, move.after))
        return sorted(found.values(), key=lambda row: row.rank is None and row.eligible is None)

    @property
    def awards(self) -> list[Move]:
        return [move for move in self.moves if move.aspect == "award"]

    @property
    def prizes(self) -> list[Move]:
        """Prizes that would be of another amount for the same holder."""
        return [move for move in self.moves if move.aspect == "prize"]

    @property
    def budget(self) -> Move | None:
        """The money of all prizes together, when it would be another sum."""
        return next((move for move in self.moves if move.aspect == "budget"), None)

    @property
    def is_weighty(self) -> bool:
        """A place, an eligibility or an award moves: not only somebody's points."""
        return is_weighty(self.moves)

    @property
    def place_moves(self) -> int:
        return sum(move.aspect == "rank" for move in self.moves)

    @property
    def blocks(self) -> list[str]:
        """The blocks in which somebody changes; a table of one block does not repeat its name."""
        return list(dict.fromkeys(row.block for row in self.rows))

    @property
    def shows_eligible(self) -> bool:
        return any(move.aspect == "eligible" for move in self.moves)

    @property
    def seen_field(self) -> str:
        return SEEN


def is_weighty(moves: Iterable[Move]) -> bool:
    """True when more than points moves; then the leading group decides (§6(7))."""
    return any(move.aspect != "final" for move in moves)


def digest_of(moves: Sequence[Move]) -> str:
    """A short mark of the list, so that nobody signs another one than was shown."""
    text = json.dumps([asdict(move) for move in moves], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_due(cycle: Cycle, block: Block | None = None) -> bool:
    """True from the hearing on, by the calendar of the block where it has its own."""
    return stage_of(cycle, block) in stages.FROM_HEARING


def preview(cycle: Cycle, change: Change, block: Block | None = None) -> Preview | None:
    """What a page shows before the act; None before the hearing."""
    return Preview(tuple(ports.consequences(change))) if is_due(cycle, block) else None


def as_seen(
    cycle: Cycle, change: Change, seen: str, block: Block | None = None
) -> tuple[tuple[Move, ...], Preview | None]:
    """The list as it is now, and a preview to show first when the person has not seen exactly this one.

    `seen` is what the form carried. ((), None) before the hearing.
    """
    found = preview(cycle, change, block)
    if found is None:
        return (), None
    return found.moves, None if seen == found.digest else found


def require_seen(
    cycle: Cycle, change: Change, seen: str, block: Block | None = None
) -> tuple[Move, ...] | None:
    """The list to store with the decision; raises Refused when the page showed another one."""
    found = preview(cycle, change, block)
    if found is None:
        return None
    if seen != found.digest:
        raise Refused(
            "preview-changed",
            _(
                "What this would move is no longer what the page showed: something was changed meanwhile. Look at the new list, then sign."
            ),
            "§6(7)",
            values={"seen": seen, "now": found.digest},
        )
    return found.moves


def settled(
    cycle: Cycle, change: Change, given: Sequence[Move] | None, block: Block | None = None
) -> tuple[Move, ...] | None:
    """What an action stores: the list it was given, or for doors without a screen the list as it is now."""
    if given is not None:
        return tuple(given)
    return tuple(ports.consequences(change)) if is_due(cycle, block) else None


def told(moves: Sequence[Move] | None) -> dict[str, Any]:
    """The list for the log; nothing before the hearing."""
    return {} if moves is None else {"consequences": [asdict(move) for move in moves]}


def kept(data: Iterable[dict[str, str]]) -> tuple[Move, ...]:
    """A stored list read back."""
    return tuple(Move(**each) for each in data)
