"""What must always be true of the tariff, the pools and the sums of papers, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bonuses.models import Pool, Tally, TariffLine
from bonuses.models.tariff import Kind, Scope
from office.fields import format_points
from office.invariants import Breach, Table

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
