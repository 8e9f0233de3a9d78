"""One block of the board by itself, kept as rendered bytes for each version of its standing.

Many screens look at the same places: only the first look after a save renders them. Who may look is asked anew
for every one of them, and the version is read with every answer, so that nothing is older than the last save.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring.models import Standing
from scoring.views.board import board_blocks
from units.models import Block
from units.pages import PageRequest, page
from units.permissions import may, require

Key = tuple[str, int, int, str, str, bool]
MOST = 64
_rendered: OrderedDict[Key, bytes] = OrderedDict()
_lock = Lock()


@page("G02")
def board_fragment(request: PageRequest, pk: int) -> HttpResponse:
    """`?v=` is the version on the screen: unchanged, the answer is empty (204) and nothing is swapped."""
    cycle = request.cycle
    standing = (
        Standing.objects.filter(block_id=pk, block__cycle=cycle)
        .defer("figures")
        .select_related("block")
        .first()
    )
    if standing is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    block = standing.block
    block.cycle = cycle
    require("G02", request.hat, cycle, block=block)
    if request.GET.get("v") == str(standing.version):
        return HttpResponse(status=204)
    key = (
        str(connection.settings_dict["NAME"]),
        pk,
        standing.version,
        standing.computed_at.isoformat(),
        get_language() or "",
        may("G04", request.hat, cycle),
    )
    answer = HttpResponse(_bytes_for(key, block, standing.version))
    answer["Cache-Control"] = "private, no-store"
    return answer


def _bytes_for(key: Key, block: Block, version: int) -> bytes:
    with _lock:
        kept = _rendered.get(key)
        if kept is not None:
            _rendered.move_to_end(key)
            return kept
    (column,) = board_blocks(block.cycle, [block], may_export=key[-1])
    made = render_to_string(
        "scoring/parts/board_block.html", {"block": column, "places": block.cycle.places}
    ).encode()
    # Saved while it was rendered: what was read may be newer than its version, so it is shown and not kept.
    if Standing.objects.filter(block=block, version=version).exists():
        with _lock:
            _rendered[key] = made
            while len(_rendered) > MOST:
                _rendered.popitem(last=False)
    return made
