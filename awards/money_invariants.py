"""What must always be true of award lists, divisions, individuals and the filing, one named function each.

Added to the table of awards.invariants; walked by the command check_cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, F, Sum
from django.utils.translation import gettext_lazy as _

from awards.invariants import TABLE
from awards.models import Award, AwardList, Division, Edition, Filing, Individual, ListState, PrizeLine
from awards.verifier import short_code
from office.invariants import Breach
from units.models import Cycle
from units.stages import Stage


@TABLE.invariant("award-list-two-persons", _("A decided list of awards was signed by two different persons."))
def lonely_lists(cycle_code: str) -> Iterator[Breach]:
    decided = AwardList.objects.filter(
        cycle__code=cycle_code, state__in=[ListState.DECIDED, ListState.SUPERSEDED]
    )
    for found in decided:
        if found.first_by_id is None or found.second_by_id is None or found.first_by_id == found.second_by_id:
            yield Breach(f"awards.AwardList {found.pk}", str(found))


@TABLE.invariant("awards-in-blocks", _("A prize is held by a member of the award's own blocks."))
def foreign_holders(cycle_code: str) -> Iterator[Breach]:
    held = Award.objects.filter(award_list__cycle__code=cycle_code, membership__isnull=False)
    of_blocks = held.filter(scheme__blocks=F("membership__block")).values("pk")
    for award in held.exclude(pk__in=of_blocks).select_related("scheme", "membership__unit"):
        yield Breach(f"awards.Award {award.pk}", str(award))


@TABLE.invariant("divisions-sum", _("A division of a prize in force sums to the prize to the fen."))
def broken_divisions(cycle_code: str) -> Iterator[Breach]:
    """An amount that two of the office changed is shown as not summing any more until it is divided anew."""
    divisions = Division.objects.filter(
        award__award_list__cycle__code=cycle_code, award__award_list__state=ListState.DECIDED
    )
    for found in divisions.annotate(total=Sum("shares__amount_fen")).select_related("award__scheme"):
        if found.total == found.award.amount_fen:
            continue
        if not found.award.changes.filter(confirmed_at__gt=found.at).exists():
            yield Breach(f"awards.Division {found.pk}", f"{found}: {found.total} ≠ {found.award.amount_fen}")


@TABLE.invariant(
    "individuals-once", _("A person stands once on the list, and no class has more than its seats.")
)
def crowded_classes(cycle_code: str) -> Iterator[Breach]:
    prizes = PrizeLine.objects.filter(scheme__cycle__code=cycle_code).annotate(named=Count("individuals"))
    for prize in prizes.filter(named__gt=F("count")).select_related("scheme"):
        yield Breach(f"awards.PrizeLine {prize.pk}", str(prize))
    people = Individual.objects.filter(prize__scheme__cycle__code=cycle_code)
    names = Counter(people.values_list("prize__scheme_id", "plain_name", "unit_id"))
    for (scheme, name, unit), count in names.items():
        if count > 1:
            yield Breach(f"awards.AwardScheme {scheme}", f"{name} ({unit}) × {count}")


@TABLE.invariant("edition-awards", _("The awards sealed in an edition come from a list that was decided."))
def undecided_awards(cycle_code: str) -> Iterator[Breach]:
    sealed = Edition.objects.filter(
        cycle__code=cycle_code, sealed_at__isnull=False, award_list__isnull=False
    ).exclude(award_list__state__in=[ListState.DECIDED, ListState.SUPERSEDED])
    for found in sealed:
        yield Breach(f"awards.Edition {found.pk}", str(found))


@TABLE.invariant(
    "filing-receipt", _("A filed year has a package with a receipt, and every package its code.")
)
def unfiled_years(cycle_code: str) -> Iterator[Breach]:
    cycle = Cycle.objects.filter(code=cycle_code).first()
    packages = Filing.objects.filter(cycle__code=cycle_code, built_at__isnull=False)
    if cycle is not None and cycle.stage_now is Stage.FILED:
        accepted = packages.filter(accepted_at__isnull=False).exclude(receipt_number="")
        if not accepted.exists():
            yield Breach(f"units.Cycle {cycle.pk}", str(cycle))
    for found in packages:
        if short_code(found.digest) != found.code:
            yield Breach(f"awards.Filing {found.pk}", f"{found}: {found.code}")
