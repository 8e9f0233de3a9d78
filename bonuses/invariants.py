"""What must always be true of the tariff, the pools and the sums of papers, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bonuses import policy, queries
from bonuses.models import Adjustment, AdjustmentState, Finding, Pool, Tally, TariffLine, Veto
from bonuses.models.tariff import Kind, Scope
from office.fields import format_points
from office.invariants import Breach, Table
from units.models import Cycle, Membership

TABLE = Table()


def _tallies(cycle_code: str) -> Iterator[Tally]:
    tallies = Tally.objects.filter(membership__block__cycle__code=cycle_code)
    yield from tallies.select_related("membership__unit", "membership__block__cycle").order_by("pk")


@TABLE.invariant(
    "tally-figures", _("A unit's sums of papers are not negative and keep the cycle's decimals.")
)
def odd_sums(cycle_code: str) -> Iterator[Breach]:
    for tally in _tallies(cycle_code):
        places = tally.membership.block.cycle.places
        for points in (tally.commendations, tally.criticisms, tally.rewards):
            scaled = points.scaleb(places)
            if points < 0 or scaled != scaled.to_integral_value():
                yield Breach(f"bonuses.Tally {tally.pk}", f"{tally}: {format_points(points)}")


@TABLE.invariant("tally-cap", _("Commendations stop at the cap of the tariff."))
def uncapped_sums(cycle_code: str) -> Iterator[Breach]:
    caps = TariffLine.objects.filter(cycle__code=cycle_code, kind=Kind.CAP).values_list("points", flat=True)
    cap = min((points for points in caps if points is not None), default=None)
    for tally in _tallies(cycle_code) if cap is not None else ():
        if tally.commendations > cap:
            yield Breach(f"bonuses.Tally {tally.pk}", f"{tally}: {format_points(tally.commendations)}")


@TABLE.invariant("tally-pools", _("Reward points are together at most the caps of the pools."))
def overflowing_rewards(cycle_code: str) -> Iterator[Breach]:
    caps = list(Pool.objects.filter(cycle__code=cycle_code).values_list("cap", flat=True))
    most = sum(cap for cap in caps if cap is not None)
    for tally in _tallies(cycle_code) if caps else ():
        if tally.rewards > most:
            yield Breach(f"bonuses.Tally {tally.pk}", f"{tally}: {format_points(tally.rewards)}")


@TABLE.invariant("tariff-lines", _("Tariff lines and pools are of a known kind and never negative."))
def odd_tariff(cycle_code: str) -> Iterator[Breach]:
    known = Q(kind__in=Kind.values, scope__in=Scope.values, points__gte=0)
    for line in TariffLine.objects.filter(cycle__code=cycle_code).exclude(known):
        yield Breach(f"bonuses.TariffLine {line.pk}", f"{line}: {format_points(line.points)}")
    for pool in Pool.objects.filter(cycle__code=cycle_code, cap__lt=0):
        yield Breach(f"bonuses.Pool {pool.pk}", str(pool))


@TABLE.invariant("tally-papers", _("A unit's stored sums are what its verified papers come to."))
def stale_sums(cycle_code: str) -> Iterator[Breach]:
    cycle = Cycle.objects.filter(code=cycle_code).first()
    if cycle is None:
        return
    members = Membership.objects.filter(block__cycle=cycle).select_related("unit", "block", "tally")
    units = {member.unit_id for member in members}
    rules = queries.rules_of(cycle)
    sums = queries.sums_of(cycle, units, rules)
    barred = queries.barred_units(cycle, units, rules)
    for member in members:
        stored = getattr(member, "tally", None) or Tally(membership=member)
        counts = rules.joins_tracks or not member.block.is_track
        found = sums[member.unit_id] if counts else policy.count([], rules.tariff)
        now = (stored.commendations, stored.criticisms, stored.rewards, stored.is_barred)
        wanted = (found.commendations, found.criticisms, found.rewards, member.unit_id in barred)
        if now != wanted:
            yield Breach(f"units.Membership {member.pk}", f"{member}: {now} ≠ {wanted}")


@TABLE.invariant(
    "papers-two-persons", _("Whoever verified a paper did not enter it, and the paper has its scan.")
)
def one_person_papers(cycle_code: str) -> Iterator[Breach]:
    rows = Adjustment.objects.filter(
        membership__block__cycle__code=cycle_code, state=AdjustmentState.VERIFIED
    )
    wrong = Q(decided_by=None) | Q(decided_by=F("proposed_by")) | Q(document__file=None)
    for row in rows.filter(wrong).select_related("unit", "document"):
        yield Breach(f"bonuses.Adjustment {row.pk}", str(row))


@TABLE.invariant("vetoes-two-persons", _("Whoever confirmed a veto or a finding did not propose it."))
def one_person_bars(cycle_code: str) -> Iterator[Breach]:
    for model in (Veto, Finding):
        rows = model._default_manager.filter(cycle__code=cycle_code, state__in=["confirmed", "lifted"])
        for row in rows.filter(Q(confirmed_by=None) | Q(confirmed_by=F("proposed_by"))):
            yield Breach(f"{model._meta.label} {row.pk}", str(row))
