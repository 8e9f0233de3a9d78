"""What must always be true of the scheme of awards, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from awards.models import AwardScheme, PrizeLine
from awards.models.scheme import Kind
from office.invariants import Breach, Table
from scoring.models import MajorItem, SubItem

TABLE = Table()
WHOLE = frozenset({"总分", "推荐"})


@TABLE.invariant("award-blocks", _("An award is of a known kind and rests on blocks of its own cycle."))
def foreign_blocks(cycle_code: str) -> Iterator[Breach]:
    for award in AwardScheme.objects.filter(cycle__code=cycle_code).exclude(kind__in=Kind.values):
        yield Breach(f"awards.AwardScheme {award.pk}", f"{award}: {award.kind}")
    links = AwardScheme.blocks.through.objects.filter(awardscheme__cycle__code=cycle_code)
    for link in links.exclude(block__cycle=F("awardscheme__cycle")).select_related("awardscheme", "block"):
        yield Breach(f"awards.AwardScheme {link.awardscheme_id}", f"{link.awardscheme}: {link.block}")


@TABLE.invariant("award-rests-on", _("What an award rests on exists in the cycle."))
def dangling_references(cycle_code: str) -> Iterator[Breach]:
    items = set(MajorItem.objects.filter(block__cycle__code=cycle_code).values_list("name", flat=True))
    subs = set(SubItem.objects.filter(item__block__cycle__code=cycle_code).values_list("name", flat=True))
    for award in AwardScheme.objects.filter(cycle__code=cycle_code):
        for reference in award.rests_on:
            level, _colon, name = str(reference).replace("：", ":").partition(":")
            known = (
                reference in WHOLE
                or (level == "大项" and name in items)
                or (level == "中项" and name in subs)
            )
            if not known:
                yield Breach(f"awards.AwardScheme {award.pk}", f"{award}: {reference}")


@TABLE.invariant("prize-lines", _("Every grade of an award has at least one place."))
def empty_grades(cycle_code: str) -> Iterator[Breach]:
    for line in PrizeLine.objects.filter(scheme__cycle__code=cycle_code, count=0).select_related("scheme"):
        yield Breach(f"awards.PrizeLine {line.pk}", str(line))
