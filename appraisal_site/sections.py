"""The frame's words and ways: sections of a role, names of pages, the bread crumb.

Which role may open what is told by the matrix alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext_lazy as _

from units import matrix
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import may


def way(route: str, **arguments: str) -> str:
    """The address of a page, or "" while the site has no such page."""
    try:
        return reverse(route, kwargs=arguments)
    except NoReverseMatch:
        return ""


def year_way(cycle: Cycle | None, route: str, **arguments: str) -> str:
    """The address of a page of the year; the block's own page where `block` is given and one exists."""
    return "" if cycle is None else way(route, code=cycle.code, **arguments)


def open_way(hat: Hat, cycle: Cycle, route: str, **arguments: str) -> str:
    """The address of a page of the year; "" where the page's own row turns this role away."""
    url = year_way(cycle, route, **arguments)
    if not url:
        return ""
    row = getattr(resolve(unquote(url)).func, "permission_row", ())
    rows = (row,) if isinstance(row, str) else row
    return url if any(not matrix.grant(one, hat.role).is_denied for one in rows) else ""


@dataclass(frozen=True, slots=True)
class Section:
    """One of at most six entries of the top bar; `routes` are the pages that light it up."""

    label: object
    row: str
    routes: tuple[str, ...]
    of_year: bool = True
    only: frozenset[Role] = frozenset(Role)
    any_stage: bool = False  # shown to those who may at some stage


OWN_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})

# What a team, a lead and the office do with cells besides the matrix.
REVIEW_PAGES = (
    "lead-scores",
    "lead-grid",
    "not-involved",
    "distortion",
    "distortion-limits",
    "distortion-weights",
    "review",
    "review-unit",
    "review-sub-item",
    "review-cell",
    "supplements",
    "teams",
    "team",
    "team-new",
    "conflict-declare",
    "visits",
    "visit",
    "visit-plan",
    "visit-plan-team",
    "visit-change",
    "visit-record",
)

LEDGER_PAGES = (
    "ledgers",
    "ledger",
    "ledger-sums",
    "ledger-void",
    "ledger-due",
    "ledger-entry",
    "ledger-line",
    "ledger-year",
    "returns",
    "return-entry",
)
# Everything about papers and ledgers; those who import nothing come to it straight from the top bar.
PAPER_PAGES = (
    "adjustments",
    "adjustment",
    "adjustment-claim",
    "adjustments-waiting",
    "matters",
    "issuers",
    "paper-lists",
    "paper-list",
    "papers",
    "paper",
    "vetoes",
    "veto-propose",
    "misconduct-propose",
    *LEDGER_PAGES,
)
SELF_PAGES = ("self", "self-unit", "self-cell", "self-submit", "self-receipt", "self-enter")
FORM_PAGES = ("signed-forms", "signed-form")
UNIT_PEOPLE = frozenset([Role.OFFICIAL, Role.PRINCIPAL])
# What units promise and how far they are; a unit comes to it from the top bar, everybody else from the year.
PROMISE_PAGES = (
    "commitments",
    "commitment",
    "commitment-edit",
    "commitment-sign",
    "commitments-booklet",
    "progress-reports",
    "progress-report",
    "progress-report-edit",
    "coverage",
    "coverage-return",
)
RULE_PAGES = ("detailed-rules", "detailed-rule", "detailed-rule-edit", "rule-book")
READS_PAPERS = frozenset(
    role for role in Role if matrix.grant("E03", role).is_denied and not matrix.grant("F03", role).is_denied
)

# Questions about results, within the own result or the result of all.
APPEAL_PAGES = (
    "appeals",
    "appeal",
    "appeal-new",
    "appeal-edit",
    "appeal-register",
    "appeal-rule",
    "appeal-sign",
)

SECTIONS: tuple[Section, ...] = (
    Section(_("Home"), "L14", ("home",), of_year=False),
    Section(
        _("Year"),
        "B01",
        (
            "year",
            "move",
            "move-back",
            "reopen",
            "windows",
            "tracks",
            "track-move",
            "track-move-back",
            "track-windows",
            "calendar",
            "save-days",
            "reminders",
            "call-sheet",
            "plan",
            "plan-workbook",
            "plan-workbook-preview",
            "copy-year",
            *RULE_PAGES,
        ),
    ),
    Section(_("Commitments"), "D09", PROMISE_PAGES, only=UNIT_PEOPLE, any_stage=True),
    Section(
        _("Places"),
        "G02",
        ("board", "unit-sheet", "call", "brief", "compare", "year-on-year", "what-if", "what-if-compare"),
    ),
    Section(_("Scoring"), "E05", ("scoring", "matrix", "cell", *REVIEW_PAGES, *PROMISE_PAGES)),
    Section(_("Self-assessment"), "D01", (*SELF_PAGES, *FORM_PAGES), only=UNIT_PEOPLE),
    Section(
        _("Material"),
        "E03",
        ("imports", "import-preview", *PAPER_PAGES, *SELF_PAGES, *FORM_PAGES),
        any_stage=True,
    ),
    Section(_("Material"), "F03", PAPER_PAGES, only=READS_PAPERS),
    Section(_("Own result"), "G03", ("own-result", "unit-sheet", *APPEAL_PAGES), only=OWN_UNIT),
    Section(
        _("Result"),
        "G02",
        (
            "approval",
            "hearing",
            "returned",
            "returned-paper",
            "editions",
            "edition-differences",
            "edition-verify",
            "filing",
            "filing-verify",
            "awards",
            "individuals",
            "money",
            "nominations",
            "readings",
            *APPEAL_PAGES,
            "result-letters",
            "amendments",
            "amend",
            "missing-cells",
            "rule-change",
            "single-appraisals",
            "single-appraisal-enter",
        ),
        only=frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER, Role.AUDITOR}),
    ),
    Section(
        _("Result"),
        "A02",
        ("editions", "edition-differences", "edition-verify", "filing", "filing-verify"),
        only=frozenset({Role.ORGANIZATION, Role.LEAD, Role.REVIEWER}),
    ),
    Section(_("Log"), "L08", ("log",), of_year=False),
)

# Route → what the page is called in the bread crumb; pages that name one thing give their own crumbs.
PAGE_NAMES: dict[str, object] = {
    "adjustments": _("Additions and deductions"),
    "commitments": _("Commitments"),
    "detailed-rules": _("Detailed rules"),
    "papers": _("Papers"),
    "vetoes": _("Vetoes"),
    "appraisers": _("Misconduct of appraisers"),
    "review": _("Preliminary review"),
    "lead-scores": _("Lead scores"),
    "not-involved": _("Not involved"),
    "distortion": _("Distortion"),
    "distortion-limits": _("Distortion"),
    "distortion-weights": _("Distortion"),
    "supplements": _("Returns for supplement"),
    "teams": _("Review teams"),
    "visits": _("On-site review"),
    "year": "",
    "self": _("Self-assessment"),
    "self-unit": _("Self-assessment"),
    "signed-forms": _("Signed forms"),
    "plan": _("The plan"),
    "plan-workbook": _("Plan workbook"),
    "plan-workbook-preview": _("Plan workbook"),
    "new-year": _("New year"),
    "new-year-preview": _("New year"),
    "copy-year": _("Copy to the next year"),
    "board": _("Board"),
    "appeals": _("Appeals"),
    "scoring": _("Scoring"),
    "call": _("On the phone"),
    "brief": _("Brief for leaders"),
    "compare": _("Compare units"),
    "year-on-year": _("Year on year"),
    "what-if": _("What-if bench"),
    "what-if-compare": _("Variants side by side"),
    "awards": _("Awards"),
    "individuals": _("Individual awards"),
    "nominations": _("Recommendations"),
    "money": _("Prizes and divisions"),
    "division": _("Divide a prize"),
    "readings": _("Register of readings"),
    "amendments": _("Amendments"),
    "amend": _("Put an amendment forward"),
    "missing-cells": _("Decisions on missing cells"),
    "rule-change": _("Amendments"),
    "single-appraisals": _("Other single appraisals"),
    "single-appraisal-enter": _("Enter another single appraisal"),
    "imports": _("Material"),
    "ledgers": _("Quarterly ledgers"),
    "returns": _("Statistical returns"),
    "hearing": _("Hearing"),
    "approval": _("Approval"),
    "returned": _("Papers that came back"),
    "returned-paper": _("Papers that came back"),
    "editions": _("Editions"),
    "edition-differences": _("What changed"),
    "edition-verify": _("Verify"),
    "filing": _("Filing"),
    "filing-verify": _("Verify"),
    "move": _("Move on"),
    "move-back": _("Move back"),
    "reopen": _("Reopen"),
    "windows": _("Windows"),
    "tracks": _("Special tracks"),
    "track-move": _("Move on"),
    "track-move-back": _("Move back"),
    "track-windows": _("Windows"),
    "calendar": _("Working-day calendar"),
    "save-days": _("Working-day calendar"),
    "reminders": _("Reminders"),
    "call-sheet": _("Call sheet"),
    "log": _("Log"),
    "inbox": _("Inbox"),
    "jobs": _("Jobs"),
    "help": _("Help"),
    "account": _("My account"),
    "password": _("Change the password"),
}

ADMINISTRATION = frozenset({Role.OFFICE, Role.SYSTEM, Role.SECURITY, Role.AUDITOR})


def sections_for(
    hat: Hat, cycle: Cycle | None, route: str, path: str, is_staff: bool
) -> list[dict[str, object]]:
    """The sections this hat may open now, the one of `route` marked."""
    out: list[dict[str, object]] = []
    for section in SECTIONS:
        url = address_of(section, hat, cycle) if is_open(section, hat, cycle) else ""
        if url:
            here = route in section.routes and (
                section.only is not OWN_UNIT or route != "unit-sheet" or path == unquote(url)
            )
            out.append({"label": section.label, "url": url, "current": here})
    if is_staff and hat.role in ADMINISTRATION:
        out.append({"label": _("Administration"), "url": reverse("admin:index"), "current": False})
    return out


def is_open(section: Section, hat: Hat, cycle: Cycle | None) -> bool:
    if hat.role not in section.only or (section.of_year and cycle is None):
        return False
    if section.any_stage:
        return not matrix.grant(section.row, hat.role).is_denied
    own = hat.unit_id if section.only is OWN_UNIT else None
    return may(section.row, hat, cycle if section.of_year else None, unit_id=own)


def address_of(section: Section, hat: Hat, cycle: Cycle | None) -> str:
    """Where the section leads: the first of its pages that exists."""
    if section.only is OWN_UNIT:
        return year_way(cycle, "unit-sheet", name=hat.unit.name) if hat.unit is not None else ""
    route = section.routes[0]
    return year_way(cycle, route) if section.of_year else way(route)


def crumbs_for(cycle: Cycle | None, route: str) -> list[tuple[object, str]]:
    """Home, the year, the page: addresses for all but the last."""
    if route not in PAGE_NAMES:
        return []
    crumbs: list[tuple[object, str]] = [(_("Home"), reverse("home"))]
    if cycle is not None:
        crumbs.append((year_label(cycle), year_way(cycle, "year")))
    if PAGE_NAMES[route]:
        crumbs.append((PAGE_NAMES[route], ""))
    return [*crumbs[:-1], (crumbs[-1][0], "")]


def year_label(cycle: Cycle) -> str:
    """2012年度, and for a unit's own appraisal the word of its code as well."""
    word = cycle.code.partition("-")[2]
    label = str(_("Year %(year)s") % {"year": cycle.year})
    return f"{label} {word}".strip()
