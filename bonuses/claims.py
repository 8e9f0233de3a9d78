"""Judges a claim before anything is written: level by issuer, date by year, rank, pool, points (rulebook 5).

Writes nothing; who may claim is asked of bonuses.permissions, storing is bonuses.actions.adjustments'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses import policy, queries
from bonuses.models import AdjustmentKind, DocumentKind, Honoured, Pool, Scope
from bonuses.sentences import issuer_unknown
from office.fields import format_points
from office.refusal import Refused
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.names import NameBook, normalise

CITY = "本市"
PREFECTURE_DEPARTMENT = "设区市主管部门"
OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDraft:
    """A paper as a form or a row of a list states it."""

    kind: str = DocumentKind.FORMAL
    number: str = ""
    title: str = ""
    issuer: str = ""
    leader: str = ""
    words: str = ""
    on: date | None = None
    box_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says that a paper does to a unit.  `level` "" leaves it to the issuer table."""

    kind: str
    level: str = ""
    scope: str = Scope.COMPREHENSIVE
    honoured: str = Honoured.UNIT
    rank: int | None = None
    pool: Pool | None = None
    listed: Decimal | None = None
    carried_over: bool = False
    proof: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What claims of a year are judged against; loaded once for a whole list."""

    cycle: Cycle
    rules: queries.Rules
    issuers: NameBook[str]
    levels: dict[str, str]
    organisers: NameBook[str]
    pools: dict[str, Pool]


def frame_of(cycle: Cycle) -> Frame:
    """Five queries."""
    issuers, levels = queries.issuer_book(cycle)
    pools = {pool.name: pool for pool in Pool.objects.filter(cycle=cycle)}
    organisers = NameBook([(pool.organiser, pool.name) for pool in pools.values()])
    return Frame(cycle, queries.rules_of(cycle), issuers, levels, organisers, pools)


def level_of_issuer(issuer: str, book: NameBook[str], levels: dict[str, str]) -> str:
    """The level that the issuer table gives; raises Refused for “省” alone and for a name it does not hold."""
    if normalise(issuer) == "省":
        raise Refused(
            "unclear-issuer",
            _("“省” alone names no issuer: say whether it is 省委, 省人民政府 or a department."),
            "§4(2)1",
            status=422,
        )
    found = book.find(issuer)
    if found is None:
        raise issuer_unknown(issuer, book.nearest(issuer))
    return levels[found]


def judged(claim: Claim, paper: PaperDraft, frame: Frame, by: Hat) -> Claim:
    """The claim with its level settled and what its kind does not use cleared; raises Refused."""
    if claim.kind not in AdjustmentKind.values:
        raise Refused("unknown-kind", _("Please choose what the paper does."), status=422)
    if paper.on is not None:
        _require_date(claim, paper.on, frame.cycle)
    if claim.kind == AdjustmentKind.REWARD:
        return _judged_reward(claim, paper, frame, by)
    if claim.listed is not None:
        raise Refused(
            "points-by-hand",
            _(
                "Points are never typed: they follow from the tariff by level and scope. Please leave them out."
            ),
            policy.CLAUSES[claim.kind],
            status=422,
        )
    level = _level(claim, paper, frame, by)
    if claim.kind == AdjustmentKind.TOP_THREE:
        if level != PREFECTURE_DEPARTMENT:
            raise Refused(
                "not-prefecture-department",
                _(
                    "A top three comes from a department of the prefecture; %(issuer)s has the level %(level)s."
                )
                % {"issuer": paper.issuer or paper.leader, "level": level},
                "§4(2)2",
                status=422,
            )
        if claim.rank is None or not 1 <= claim.rank <= 3:
            raise Refused("no-rank", _("Please enter the place, 1, 2 or 3."), "§4(2)2", status=422)
    if claim.kind == AdjustmentKind.CRITICISM:
        claim = replace(claim, scope=str(Scope.COMPREHENSIVE), rank=None)
    return replace(claim, level=level, pool=None)


def _level(claim: Claim, paper: PaperDraft, frame: Frame, by: Hat) -> str:
    if paper.kind == DocumentKind.SIGNED:
        level = CITY
        if claim.level and by.role is Role.OFFICE:
            level = claim.level
        source = paper.leader
    else:
        level = level_of_issuer(paper.issuer, frame.issuers, frame.levels)
        source = paper.issuer
    if claim.level and claim.level != level:
        raise Refused(
            "level-disagrees",
            _("%(issuer)s has the level “%(level)s” in the table of issuers, not “%(stated)s”.")
            % {"issuer": source, "level": level, "stated": claim.level},
            "§4(2)1",
            status=422,
        )
    return level


def _judged_reward(claim: Claim, paper: PaperDraft, frame: Frame, by: Hat) -> Claim:
    if by.role in OWN:
        raise Refused(
            "reward-by-list",
            _("Reward points come as a list of the leading group; the appraisal office enters it."),
            "§4(2)6",
            status=403,
        )
    if claim.pool is None:
        raise Refused(
            "no-pool",
            _("Please choose the project of the reward points: %(pools)s.")
            % {"pools": "、".join(frame.pools)},
            "§4(2)6",
            status=422,
        )
    if claim.listed is None or claim.listed <= 0 or not claim.listed.is_finite():
        raise Refused(
            "no-points", _("Please enter the points of the list, more than 0."), "§4(2)6", status=422
        )
    if claim.listed != frame.rules.tariff.rounded(claim.listed):
        raise Refused(
            "too-many-decimals",
            _("%(value)s has more than %(places)d decimals; points are never rounded.")
            % {"value": format_points(claim.listed), "places": frame.cycle.places},
            status=422,
        )
    if paper.kind == DocumentKind.FORMAL and not _issues_rewards(paper.issuer, claim.pool, frame):
        raise issuer_unknown(paper.issuer, [claim.pool.organiser, *frame.issuers.nearest(paper.issuer, 2)])
    return replace(claim, level="", rank=None, scope=str(Scope.COMPREHENSIVE), honoured=str(Honoured.UNIT))


def _issues_rewards(issuer: str, pool: Pool, frame: Frame) -> bool:
    """The pool's own leading group, with or without the city's sign in front, or any known issuer."""
    wanted = normalise(pool.organiser).removeprefix("市")
    return normalise(issuer).removeprefix("市") == wanted or frame.issuers.find(issuer) is not None


def _require_date(claim: Claim, on: date, cycle: Cycle) -> None:
    """The paper is of the year, or a commendation of the year before that was not added then.  §4(2)3."""
    praise = claim.kind in {AdjustmentKind.COMMENDATION, AdjustmentKind.TOP_THREE}
    if claim.carried_over and not praise:
        raise Refused("no-carry-over", _("Only a commendation can be carried over."), "§4(2)3", status=422)
    if claim.carried_over:
        if on.year != cycle.year - 1:
            raise Refused(
                "no-carry-over",
                _("Carried over is what is dated in %(before)d; this paper is of %(on)s.")
                % {"before": cycle.year - 1, "on": on.isoformat()},
                "§4(2)3",
                status=422,
            )
        if not claim.proof.strip():
            raise Refused(
                "no-proof",
                _("Please say how it is proved that the paper was not added in %(before)d.")
                % {"before": cycle.year - 1},
                "§4(2)3",
                status=422,
            )
        return
    if on.year != cycle.year:
        hint = (
            _(" If it was not added in %(before)d, mark it so and prove it.") % {"before": on.year}
            if praise and on.year == cycle.year - 1
            else ""
        )
        raise Refused(
            "date-outside",
            _("The paper is of %(on)s; %(year)d counts what is dated in %(year)d.%(hint)s")
            % {"on": on.isoformat(), "year": cycle.year, "hint": hint},
            "§4(2)3",
            status=422,
        )
