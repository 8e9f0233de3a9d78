"""One block of the board by itself, kept as rendered bytes for each version of its standing.

Many screens look at the same places: only the first look after a save renders them. Who may look is asked anew
for every one of them, and the version is read with every answer, so that nothing is older than the last save.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from office.kept import Kept
from office.prepared import Prepared, Row
from office.refusal import Refused
from scoring.models import Standing
from scoring.views.board import board_blocks
from units.models import Block, Cycle
from units.pages import PageRequest, page
from units.permissions import may, require

# Every column of the block, the version of its standing and when that was computed.
_STANDING = Prepared(
    lambda pk, cycle_pk: Standing.objects.filter(block_id=pk, block__cycle_id=cycle_pk).values_list(
        *(f"block__{field.attname}" for field in Block._meta.concrete_fields), "version", "computed_at"
    ),
    -(2**31) + 1,
    -(2**31) + 2,
)
_blocks: Kept[Block] = Kept(most=64)
_rendered: Kept[bytes] = Kept(most=64)


@page("G02")
def board_fragment(request: PageRequest, pk: int) -> HttpResponse:
    """`?v=` is the version on the screen: unchanged, the answer is empty (204) and nothing is swapped."""
    cycle = request.cycle
    found = _STANDING.rows(pk, cycle.pk)
    if not found:
        raise Refused("not-found", _("There is no such record."), status=404)
    (stamp,) = found
    block = _blocks.get(pk, stamp, lambda: Block.objects.get(pk=pk))
    require("G02", request.hat, cycle, block=block)
    version = stamp[-2]
    if request.GET.get("v") == str(version):
        return HttpResponse(status=204)
    may_export = may("G04", request.hat, cycle)
    key = (pk, cycle.places, get_language(), may_export)
    answer = HttpResponse(_rendered.get(key, stamp, lambda: _render(cycle, stamp, may_export)))
    answer["Cache-Control"] = "private, no-store"
    return answer


def _render(cycle: Cycle, stamp: Row, may_export: bool) -> bytes:
    block = Block.objects.get(pk=stamp[0])
    block.cycle = cycle
    (column,) = board_blocks(cycle, [block], may_export=may_export)
    return render_to_string(
        "scoring/parts/board_block.html", {"block": column, "places": cycle.places}
    ).encode()
