"""Pictures beside a visit: taken in, set anew, taken away while the visit is open (rows E02, D05).

What is written down and signed is in scoring.actions.visits.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit, evidence
from office.files import JPEG, PDF, PNG
from office.models import Evidence
from office.refusal import Refused
from scoring.actions.visits import RECORD, load_visit, require_open
from scoring.models import Visit
from units.hats import Hat
from units.models import Cycle
from units.permissions import require

ATTACH = "D05"
PHOTO_TYPES = (JPEG, PNG, PDF)


def _require_attach(by: Hat, visit: Visit) -> None:
    for row in (RECORD, ATTACH):
        require(row, by, visit.cycle, unit_id=visit.unit_id, acts_on_unit=True)
    require_open(visit)


def add_photo(
    *, by: Hat, cycle: Cycle, visit_id: int, upload: evidence.Upload, note: str = ""
) -> tuple[Evidence, bool]:
    """Lay a picture beside the visit, set anew without where and when it was taken.  Rows E02, D05.

    (picture, False) when the very file lies there already. Raises Refused as evidence.receive does, and once
    two have signed.
    """
    visit = Visit.objects.filter(cycle=cycle, pk=visit_id).select_related("unit").first()
    if visit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    visit.cycle = cycle
    _require_attach(by, visit)
    account = evidence.account_of(cycle.code, visit.unit_id)
    received = evidence.receive(upload, by.user, account, types=PHOTO_TYPES)
    with transaction.atomic():
        visit = load_visit(cycle, visit_id)
        _require_attach(by, visit)
        kept, is_new = evidence.attach(received, by=by.user, about=visit, account=account, note=note)
        if is_new:
            audit.record(
                by,
                "visit.photo-added",
                visit,
                cycle_code=cycle.code,
                sha256=kept.file.sha256,
                name=kept.file.name,
            )
    return kept, is_new


@transaction.atomic
def remove_photo(*, by: Hat, cycle: Cycle, evidence_id: int) -> int:
    """Take a picture away while the visit is open; the id of its visit."""
    row = evidence.one(Visit, evidence_id)
    visit = load_visit(cycle, row.about_id)
    _require_attach(by, visit)
    sha256, name = row.file.sha256, row.file.name
    evidence.take_away(row)
    audit.record(by, "visit.photo-removed", visit, cycle_code=cycle.code, sha256=sha256, name=name)
    return int(visit.pk)
