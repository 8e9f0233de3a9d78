"""The short guide of each role: what to do first, then next, with the page where it is done.

The long one is the user's manual in docs.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from appraisal_site.sections import way, year_way
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import may


@dataclass(frozen=True, slots=True)
class Step:
    title: object
    words: object
    url: str


@dataclass(frozen=True, slots=True)
class Guide:
    """One step as it is written for a role; `row` hides the link from a hat that may not go there."""

    title: object
    words: object
    route: str = ""
    row: str = "B01"
    own_unit: bool = False


FIRST = Guide(
    _("Start at the home page"),
    _("It lists what awaits you and until when; the nearest day stands first."),
    "home",
    "L14",
)
YEAR = Guide(
    _("See where the year stands"),
    _("The bar below the top shows the eleven stages; what you may enter depends on the stage of today."),
    "year",
)
PLAN = Guide(
    _("Read the plan"),
    _("Weights, items, bases and lead units of every block; stand-ins are marked."),
    "plan",
)
SHEET = Guide(
    _("Read your unit's sheet"),
    _("From the results on: score, place, and every figure unfolded down to paper and person."),
    "unit-sheet",
    "G03",
    own_unit=True,
)
BOARD = Guide(
    _("Read the board"), _("Places, ties and margins of every block, from the hearing on."), "board", "G02"
)

GUIDES: dict[Role, tuple[Guide, ...]] = {
    Role.OFFICE: (
        FIRST,
        Guide(
            _("Set the windows"),
            _("Give each stage its first and last day; everybody sees the countdown."),
            "windows",
            "B06",
        ),
        PLAN,
        Guide(
            _("Take workbooks in"),
            _(
                "Drop one file or forty; look through the preview, then confirm. A refused file says which cell."
            ),
            "imports",
            "E03",
        ),
        Guide(
            _("Fill and check the cells"),
            _("Missing and “not involved” have their own colours; a saved score moves the places at once."),
            "board",
            "G02",
        ),
        Guide(
            _("Decide “not involved”"),
            _("What one person proposes another confirms; until then the cell is missing."),
            "board",
            "E08",
        ),
        Guide(
            _("Move the year on"),
            _("The year's page lists by name what is not ready; what may be signed away needs a reason."),
            "year",
            "B06",
        ),
        Guide(
            _("Answer the phone"),
            _("Type three letters of the unit: place, points, every deduction, and what may be told today."),
            "call",
            "L15",
        ),
    ),
    Role.LEAD: (
        FIRST,
        Guide(
            _("Send your scores"),
            _(
                "Fill the score sheet of your sub-items and drop it here. Your own unit is entered by the office."
            ),
            "imports",
            "E03",
        ),
        YEAR,
        PLAN,
    ),
    Role.REVIEWER: (
        FIRST,
        Guide(
            _("Score your team's units"),
            _("Open cells of your units stand on the home page; each leads into the table."),
            "scoring",
            "E05",
        ),
        YEAR,
        PLAN,
    ),
    Role.OFFICIAL: (FIRST, YEAR, SHEET, PLAN),
    Role.PRINCIPAL: (FIRST, YEAR, SHEET, PLAN),
    Role.LEADING_GROUP: (FIRST, YEAR, BOARD, PLAN),
    Role.CITY_LEADER: (FIRST, YEAR, BOARD, PLAN),
    Role.ORGANIZATION: (FIRST, YEAR, PLAN),
    Role.AUDITOR: (
        FIRST,
        Guide(
            _("Read the log"),
            _("Filter by person, deed, year and day; take the list away as .xlsx."),
            "log",
            "L08",
        ),
        Guide(
            _("Verify the chain"),
            _("One button walks the whole log and names the first entry that was altered."),
            "log",
            "L09",
        ),
        YEAR,
    ),
    Role.SYSTEM: (
        FIRST,
        Guide(
            _("Keep the accounts"),
            _(
                "Open, disable and unlock accounts in the administration; roles are granted by another person."
            ),
            "admin:index",
            "L11",
        ),
    ),
    Role.SECURITY: (
        FIRST,
        Guide(
            _("Grant roles"),
            _("Bind people to roles, units and years in the administration; never to yourself."),
            "admin:index",
            "L11",
        ),
    ),
}

# Words that newcomers ask for.
WORDS: tuple[tuple[object, object], ...] = (
    (
        _("missing"),
        _("Nobody has scored the cell yet. It is not a zero: the standing stays provisional until then."),
    ),
    (
        _("not involved"),
        _("The sub-item hardly concerns the unit. Confirmed by two persons, it gets the mean of the others."),
    ),
    (_("provisional"), _("Something is still missing or held; places may move.")),
    (
        _("hat"),
        _(
            "One person may hold several roles. Rights are those of the role shown in the top bar; change it there."
        ),
    ),
)


def steps_for(hat: Hat | None, cycle: Cycle | None) -> list[Step]:
    """The guide of the hat's role, with addresses only where the hat may go now."""
    guides = GUIDES[hat.role] if hat is not None else (FIRST,)
    return [Step(guide.title, guide.words, _address(guide, hat, cycle)) for guide in guides]


def _address(guide: Guide, hat: Hat | None, cycle: Cycle | None) -> str:
    of_site = way(guide.route)
    if of_site:
        return of_site if guide.row == "L14" or may(guide.row, hat) else ""
    if hat is None or not may(guide.row, hat, cycle, unit_id=hat.unit_id if guide.own_unit else None):
        return ""
    if guide.own_unit:
        return year_way(cycle, guide.route, name=hat.unit.name) if hat.unit is not None else ""
    return year_way(cycle, guide.route)
