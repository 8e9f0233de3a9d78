"""Brings the tallies of units up to date from their papers, vetoes and findings, and the standing with them.

Called by every act about papers and by plain saves; the arithmetic is bonuses.policy's.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from bonuses import policy, queries
from bonuses.models import Tally
from units.models import Block, Cycle, Membership
from units.signals import announce_stale, once_per_block

FIGURES = ("commendations", "criticisms", "rewards", "is_barred")


def recount(cycle: Cycle, unit_ids: Collection[int] | None = None) -> int:
    """Store what the units' papers come to, all units of the year for None; returns how many tallies changed.

    Only changed tallies are written, and only their blocks announced, each once.
    """
    members = Membership.objects.filter(block__cycle=cycle).select_related("block", "tally")
    if unit_ids is not None:
        members = members.filter(unit_id__in=unit_ids)
    rows = list(members)
    units = {member.unit_id for member in rows}
    rules = queries.rules_of(cycle)
    sums = queries.sums_of(cycle, units, rules)
    barred = queries.barred_units(cycle, units, rules)
    changed: list[Tally] = []
    blocks: set[int] = set()
    for member in rows:
        takes_part = rules.joins_tracks or not member.block.is_track
        found = sums[member.unit_id] if takes_part else policy.count([], rules.tariff)
        stored: Tally | None = getattr(member, "tally", None)
        wanted = Tally(
            membership=member,
            commendations=found.commendations,
            criticisms=found.criticisms,
            rewards=found.rewards,
            is_barred=member.unit_id in barred,
        )
        before = stored or Tally(membership=member)
        if any(getattr(before, figure) != getattr(wanted, figure) for figure in FIGURES):
            changed.append(wanted)
            blocks.add(member.block_id)
    if not changed:
        return 0
    with transaction.atomic(), once_per_block():
        # Written in bulk, so that no row's signal announces a block a second time.
        Tally.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["membership"], update_fields=list(FIGURES)
        )
        locked = Block.objects.select_related("cycle").select_for_update(of=("self",))
        for block in locked.filter(pk__in=blocks).order_by("pk"):
            announce_stale(block.pk, block)
    return len(changed)
