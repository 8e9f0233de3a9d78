"""Recommending units for a single award (J05), and the list of individuals (J06).

Recommendations only stand beside the computed list.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import contenders as contending
from awards.actions.award_list import require_may_win, reseal, scheme_of
from awards.models import AwardScheme, Individual, Nomination, PrizeLine
from awards.models.scheme import Kind
from office import audit
from office.refusal import Refused
from scoring.models import SubItem
from units.actions.signing import require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Membership, Unit
from units.names import normalise
from units.permissions import require


def leads_award(hat: Hat, scheme: AwardScheme) -> bool:
    """True when the hat's body leads or helps with a sub-item the award rests on (§6(3), §2(2))."""
    if hat.unit_id is None:
        return False
    names = [str(reference).replace("：", ":") for reference in scheme.rests_on]
    subs = SubItem.objects.filter(item__block__in=scheme.blocks.all()).filter(
        Q(lead_id=hat.unit_id) | Q(helpers=hat.unit_id)
    )
    if contending.TOTAL not in names and "推荐" not in names:
        subs = subs.filter(
            Q(item__name__in=[n.partition(":")[2] for n in names if n.startswith(contending.ITEM)])
            | Q(name__in=[n.partition(":")[2] for n in names if n.startswith(contending.SUB_ITEM)])
        )
    return subs.exists()


@transaction.atomic
def nominate(
    *, by: Hat, cycle: Cycle, scheme_id: int, membership_id: int, rank: int, reason: str
) -> Nomination:
    """Put a unit on the own body's list for a single award.  Rulebook 7.

    Raises Refused for the body's own unit, for a unit something bars, and for a rank taken already.
    """
    scheme = scheme_of(cycle, scheme_id)
    member = (
        Membership.objects.filter(pk=membership_id, block__in=scheme.blocks.all())
        .select_related("unit")
        .first()
    )
    if member is None or scheme.kind == Kind.INDIVIDUAL:
        raise Refused("not-found", _("There is no such record."), status=404)
    require(
        "J05",
        by,
        cycle,
        unit_id=member.unit_id,
        leads=by.role is Role.LEAD and leads_award(by, scheme),
        acts_on_unit=True,
    )
    kept = require_reason(reason)
    if not 1 <= rank <= 99:
        raise Refused("no-rank", _("The place on the list is a whole number from 1."), status=422)
    require_may_win(cycle, scheme, member.pk)
    body = by.unit or cycle.host
    taken = Nomination.objects.filter(scheme=scheme, body=body).filter(Q(rank=rank) | Q(membership=member))
    other = taken.select_related("membership__unit").first()
    if other is not None:
        raise Refused(
            "nominated-already",
            _("%(body)s has %(unit)s on place %(rank)d of its list already; withdraw that first.")
            % {"body": body, "unit": other.membership.unit, "rank": other.rank},
            status=409,
        )
    nomination = Nomination.objects.create(
        scheme=scheme, membership=member, body=body, rank=rank, reason=kept, by=by.user
    )
    audit.record(by, "award.nominated", nomination, cycle_code=cycle.code, rank=rank, reason=kept)
    return nomination


@transaction.atomic
def withdraw_nomination(*, by: Hat, cycle: Cycle, nomination_id: int) -> None:
    nomination = (
        Nomination.objects.filter(scheme__cycle=cycle, pk=nomination_id)
        .select_related("membership__unit", "scheme")
        .first()
    )
    if nomination is None or (by.role is Role.LEAD and nomination.body_id != by.unit_id):
        raise Refused("not-found", _("There is no such record."), status=404)
    require("J05", by, cycle, unit_id=nomination.membership.unit_id, leads=True)
    what = str(nomination)
    nomination.delete()
    audit.record(by, "award.nomination-withdrawn", cycle, cycle_code=cycle.code, what=what)


@transaction.atomic
def name_individual(
    *, by: Hat, cycle: Cycle, prize_id: int, name: str, unit_id: int, post: str, merit: str
) -> Individual:
    """Put one person into a class of an individual award.  §5(3).

    Raises Refused when the class is full, when the name stands on the list already, and for people of a barred
    unit where reading R6 says so.
    """
    require("J06", by, cycle)
    prize = (
        PrizeLine.objects.select_for_update()
        .filter(pk=prize_id, scheme__cycle=cycle, scheme__kind=Kind.INDIVIDUAL)
        .first()
    )
    unit = Unit.objects.filter(pk=unit_id, memberships__block__cycle=cycle).distinct().first()
    if prize is None or unit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    shown = " ".join(name.split())
    plain = normalise(shown)
    if not plain or len(shown) > 40:
        raise Refused("no-name", _("Please give the person's name, at most 40 characters."), status=422)
    same = Individual.objects.filter(prize__scheme=prize.scheme, plain_name=plain).select_related(
        "unit", "prize"
    )
    other = same.first()
    if other is not None:
        raise Refused(
            "named-twice",
            _(
                "%(name)s (%(unit)s) stands in %(grade)s already. For another person of the same name add what tells them apart."
            )
            % {"name": shown, "unit": other.unit, "grade": other.prize.grade},
            "§5(3)",
            status=409,
        )
    if prize.individuals.count() >= prize.count:
        raise Refused(
            "class-full",
            _("%(grade)s has its %(count)d people already; take one off first.")
            % {"grade": prize.grade, "count": prize.count},
            "§5(3)",
            status=409,
        )
    _require_not_barred(cycle, unit)
    individual = Individual.objects.create(
        prize=prize,
        name=shown,
        plain_name=plain,
        unit=unit,
        post=post.strip()[:60],
        merit=require_reason(merit),
        by=by.user,
    )
    reseal(cycle)
    audit.record(by, "individual.named", individual, cycle_code=cycle.code, unit=unit.name)
    return individual


def _require_not_barred(cycle: Cycle, unit: Unit) -> None:
    kinds = queries.bars_of(cycle).kinds(queries.choices_of(cycle).veto_bars)
    if contending.INDIVIDUAL in kinds.get(unit.pk, frozenset()):
        raise Refused(
            "cannot-win",
            _("%(unit)s is barred this year, and so are its people.") % {"unit": unit},
            "§6(6)",
            status=409,
        )


@transaction.atomic
def remove_individual(*, by: Hat, cycle: Cycle, individual_id: int) -> None:
    require("J06", by, cycle)
    individual = Individual.objects.filter(pk=individual_id, prize__scheme__cycle=cycle).first()
    if individual is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    what = str(individual)
    individual.delete()
    reseal(cycle)
    audit.record(by, "individual.removed", cycle, cycle_code=cycle.code, what=what)
