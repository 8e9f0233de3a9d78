"""Printing a form with its code, handing in its signed scan, comparing the two: 代录, and screen and paper as one.

What a form says and what its signature brings about is told by its kind (units.paper_forms).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, evidence
from office.files import JPEG, PDF, PNG, safe_name
from office.models import Notice
from office.refusal import Refused
from office.scans import reader
from units import paper_codes
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, FormState, SignedForm
from units.paper_forms import kind_named, kinds_read_by, private_kinds
from units.permissions import ON_BEHALF, require, require_second

SCAN_TYPES = (PDF, JPEG, PNG)
IN_FORCE = (FormState.PRINTED, FormState.SCANNED, FormState.COUNTED, FormState.DIFFERS)
BOUND = frozenset({Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD})


def forms_for(hat: Hat, cycle: Cycle, *, to_scan: bool = False) -> QuerySet[SignedForm]:
    """The forms a hat may look at: all for the office and who may read everything, the own ones for units.

    What is the unit's alone before it is signed is left out for others, unless `to_scan`: a scan must find it.
    """
    forms = SignedForm.objects.filter(cycle=cycle)
    if hat.role in BOUND:
        return forms.filter(unit_id=hat.unit_id or 0, kind__in=kinds_read_by(hat.role))
    if hat.role in {Role.OFFICE, Role.LEADING_GROUP, Role.AUDITOR}:
        return forms if to_scan else forms.exclude(kind__in=private_kinds(), scan=None)
    return forms.none()


def find(hat: Hat, cycle: Cycle, code: str, *, to_scan: bool = False) -> SignedForm:
    """The form of this code within the hat's sight; raises Refused (404) for every other."""
    wanted = paper_codes.tidy(code)
    related = ("cycle", "unit", "scan", "printed_by", "scanned_by", "compared_by")
    form = (
        forms_for(hat, cycle, to_scan=to_scan).filter(code=wanted).select_related(*related).first()
        if wanted
        else None
    )
    if form is None:
        elsewhere = _of_another_year(hat, cycle, wanted)
        if elsewhere is not None:
            raise Refused(
                "form-of-another-year",
                _("“%(code)s” is a form of %(year)s: %(form)s. Please hand it in under that year.")
                % {"code": wanted, "year": elsewhere.cycle.code, "form": elsewhere.title},
                status=422,
            )
        raise Refused(
            "no-such-form",
            _("No form carries the code “%(code)s”. Please compare it with the paper, sign by sign.")
            % {"code": code[:40]},
            status=404,
        )
    form.cycle = cycle
    return form


def _of_another_year(hat: Hat, cycle: Cycle, code: str) -> SignedForm | None:
    """The form of this code in another year, for the office, or for the unit whose form it is."""
    if not code or hat.role not in BOUND | {Role.OFFICE}:
        return None
    forms = SignedForm.objects.filter(code=code, cycle__host=cycle.host_id).exclude(cycle=cycle)
    if hat.role in BOUND:
        forms = forms.filter(unit_id=hat.unit_id or 0, kind__in=kinds_read_by(hat.role))
    return forms.select_related("cycle").first()


def print_form(*, by: Hat, cycle: Cycle, kind: str, about_id: int, empty: bool = False) -> SignedForm:
    """A form with its code, ready to be set as PDF: the one in force while its figures stand, else a new one.

    `empty`: to be filled by pen. Figures that changed since make the older print void, so that no paper can
    be signed for other figures than it shows. Raises Refused as the kind does.
    """
    of_kind = kind_named(kind)
    subject = of_kind.subject(by, cycle, about_id)
    with transaction.atomic():
        # The year's row orders two prints of one form; the database would refuse the second otherwise.
        Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
        earlier = SignedForm.objects.filter(cycle=cycle, kind=kind, about_id=about_id)
        form = SignedForm(
            cycle=cycle, kind=kind, about_id=about_id, unit=subject.unit, title=subject.title[:200]
        )
        empty = empty and of_kind.takes_pen
        digest = "" if empty else of_kind.figures(form).digest
        known = earlier.filter(state__in=IN_FORCE).select_related("unit", "cycle").first()
        if known is not None and _still_stands(known, digest):
            return known
        if known is not None:
            known.state = FormState.VOID
            known.save(update_fields=["state"])
        form.code = paper_codes.code_for(f"{cycle.code}/{kind}/{about_id}/{earlier.count()}")
        form.figures_digest = digest
        form.printed_by, form.printed_at = by.user, timezone.now()
        form.save()
        audit.record(by, "form.printed", form, cycle_code=cycle.code, kind=kind, digest=digest, empty=empty)
    return form


def _still_stands(known: SignedForm, digest: str) -> bool:
    """A print stays in force while it says the same; one that counts already while its figures do."""
    if known.state == FormState.COUNTED:
        return digest in {"", known.compared_digest}
    return known.state != FormState.DIFFERS and known.figures_digest == digest


def _require_may_scan(by: Hat, form: SignedForm) -> None:
    if by.role in BOUND:
        require(kind_named(form.kind).own_row, by, form.cycle, unit_id=form.unit_id)
        return
    _require_office(by, form)


def _require_office(by: Hat, form: SignedForm) -> None:
    """E14 as the kind words it: a person of the office who is tied to no unit the form is about."""
    guard = kind_named(form.kind).guard
    if guard is not None:
        guard(by, form)
        return
    require(ON_BEHALF, by, form.cycle, unit_id=form.unit_id, acts_on_unit=True)


def take_scan(
    *, by: Hat, cycle: Cycle, code: str, upload: evidence.Upload, is_read: bool = False
) -> SignedForm:
    """Lay the signed scan beside the form of this code.  `is_read`: the code was read from its picture already.

    Raises Refused: no such code, a print that is void, one that counts already, the same scan beside another
    form, and whatever evidence.receive refuses.
    """
    form = find(by, cycle, code, to_scan=True)
    _require_may_scan(by, form)
    _require_open(form)
    if not is_read:
        _require_shows(form, upload)
    received = evidence.receive(
        upload, by.user, evidence.account_of(cycle.code, form.unit_id or 0), types=SCAN_TYPES
    )
    with transaction.atomic():
        form = _locked(form)
        _require_open(form)
        other = (
            SignedForm.objects.filter(cycle=cycle, scan__sha256=received.stored.sha256)
            .exclude(pk=form.pk)
            .first()
        )
        if other is not None:
            raise Refused(
                "scan-of-another-form",
                _(
                    "This very scan lies beside %(form)s already. One paper is one form; please check the code."
                )
                % {"form": str(other)},
                status=422,
            )
        form.scan, form.scanned_by, form.scanned_at = received.stored, by.user, timezone.now()
        form.state, form.remark = FormState.SCANNED, ""
        form.save(update_fields=["scan", "scanned_by", "scanned_at", "state", "remark"])
        audit.record(by, "form.scanned", form, cycle_code=cycle.code, sha256=received.stored.sha256)
    return form


def _require_shows(form: SignedForm, upload: evidence.Upload) -> None:
    """Refuse a scan whose picture carries the code of another form; one without a readable code is trusted."""
    name = safe_name(upload.name or "")
    shown = codes_shown(upload, name)
    if shown and form.code not in shown:
        raise Refused(
            "code-of-another-form",
            _("%(name)s shows the code %(shown)s; this is %(form)s. Please hand it in beside its own form.")
            % {"name": name, "shown": _(", ").join(shown), "form": str(form)},
            status=422,
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one of many scans: its form, or why it found no place."""

    name: str
    form: SignedForm | None = None
    refusal: Refused | None = None


def place(*, by: Hat, cycle: Cycle, upload: evidence.Upload) -> Placed:
    """A scan finds its form by the code in its picture; where none can be read, by the code in its file name."""
    name = safe_name(upload.name or "")
    try:
        code = _code_of(upload, name)
        return Placed(name, form=take_scan(by=by, cycle=cycle, code=code, upload=upload, is_read=True))
    except Refused as refusal:
        return Placed(name, refusal=refusal)


def _code_of(upload: evidence.Upload, name: str) -> str:
    """The one code a scan carries.  Raises Refused for none, for two, and for a name that says another."""
    shown = codes_shown(upload, name)
    named = paper_codes.find(name.rpartition(".")[0] or name)
    if len(shown) > 1:
        raise Refused(
            "two-codes",
            _("%(name)s shows %(count)d codes: %(codes)s. One file is one form; please scan them apart.")
            % {"name": name, "count": len(shown), "codes": _(", ").join(shown)},
            status=422,
        )
    if shown and named and shown[0] not in named:
        raise Refused(
            "two-codes",
            _(
                "%(name)s shows the code %(shown)s, but its file name says %(named)s. Please check which form it is."
            )
            % {"name": name, "shown": shown[0], "named": _(", ").join(named)},
            status=422,
        )
    found = shown or named
    if len(found) != 1:
        raise Refused(
            "no-code",
            _(
                "No form code can be read on %(name)s, and its file name carries none. Please open the form by its code and hand the scan in there."
            )
            % {"name": name},
            status=422,
        )
    return found[0]


def codes_shown(upload: evidence.Upload, name: str) -> list[str]:
    """The codes of forms in the picture of a scan; other QR codes on a paper are passed over."""
    try:
        texts = reader.codes_in(_limited(upload, name), name)
    except Refused as refused:
        if refused.code != "scan-unreadable":
            raise
        texts = []  # whether it may be kept at all is asked of office.evidence
    return list(dict.fromkeys(code for text in texts if (code := paper_codes.tidy(text))))


def _limited(upload: evidence.Upload, name: str) -> Iterator[bytes]:
    """The bytes of a scan, up to what is accepted at all; a larger one is refused before it is read."""
    size = 0
    for chunk in upload.chunks():
        size += len(chunk)
        if size > evidence.largest_bytes():
            raise evidence.too_large(name)
        yield chunk


def may_compare(by: Hat, form: SignedForm) -> bool:
    try:
        _require_second_person(by, form)
    except Refused:
        return False
    return True


def _require_second_person(by: Hat, form: SignedForm) -> None:
    """E14: of the office, not who typed the figures; where the unit typed itself, not who scanned the paper."""
    _require_office(by, form)
    hands = kind_named(form.kind).hands(form)
    for user_id in hands:
        require_second(user_id, by)
    if form.scanned_by_id is not None and not _any_of_office(hands, form.cycle):
        require_second(form.scanned_by_id, by)


def _any_of_office(users: frozenset[int], cycle: Cycle) -> bool:
    from units.models import RoleAssignment

    return RoleAssignment.objects.filter(user__in=users, role=Role.OFFICE, cycle__in=[cycle.pk]).exists() or (
        RoleAssignment.objects.filter(user__in=users, role=Role.OFFICE, cycle=None).exists()
    )


def compare(*, by: Hat, cycle: Cycle, code: str, digest: str) -> SignedForm:
    """The second person has set screen and scan side by side and found them the same: it counts as signed.

    `digest` is that of the figures the page showed. Raises Refused: the same person, no scan, figures that
    changed while the page was open (409), and whatever the kind refuses.
    """
    form = find(by, cycle, code)
    _require_second_person(by, form)
    of_kind = kind_named(form.kind)
    with transaction.atomic():
        form = _locked(form)
        _require_open(form)
        if form.scan_id is None or form.state != FormState.SCANNED:
            raise Refused(
                "no-scan",
                _("%(form)s has no signed scan that waits. Please hand it in first.") % {"form": str(form)},
            )
        now = of_kind.figures(form).digest
        if now != digest:
            raise Refused(
                "changed-meanwhile",
                _("The figures of %(form)s changed while the page was open. Please compare once more.")
                % {"form": str(form)},
                status=409,
            )
        form.state, form.compared_digest = FormState.COUNTED, now
        form.compared_by, form.compared_at = by.user, timezone.now()
        form.save(update_fields=["state", "compared_digest", "compared_by", "compared_at"])
        of_kind.count(by, form)
        sha256 = form.scan.sha256 if form.scan is not None else ""
        audit.record(by, "form.compared", form, cycle_code=cycle.code, digest=now, scan=sha256)
    return form


def say_differs(*, by: Hat, cycle: Cycle, code: str, remark: str) -> SignedForm:
    """Paper and screen say different things: back to who typed, with words.  Raises Refused without words."""
    form = find(by, cycle, code)
    _require_office(by, form)
    if not remark.strip():
        raise Refused("no-reason", _("Please say what differs, line by line."), status=422)
    with transaction.atomic():
        form = _locked(form)
        if form.state != FormState.SCANNED:
            raise Refused(
                "no-scan",
                _("%(form)s has no signed scan that waits. Please hand it in first.") % {"form": str(form)},
            )
        form.state, form.remark = FormState.DIFFERS, remark.strip()[:300]
        form.save(update_fields=["state", "remark"])
        text = _("%(form)s: paper and screen differ. %(remark)s") % {"form": str(form), "remark": form.remark}
        users = {form.printed_by_id, form.scanned_by_id} - {by.user.pk, None}
        Notice.objects.bulk_create(
            [
                Notice(user_id=user, text=text[:300], address=f"/years/{cycle.code}/forms/{form.code}/")
                for user in sorted(user for user in users if user is not None)
            ]
        )
        audit.record(by, "form.differs", form, cycle_code=cycle.code, reason=form.remark)
    return form


def may_scan(by: Hat, form: SignedForm) -> bool:
    try:
        _require_may_scan(by, form)
    except Refused:
        return False
    return True


def _locked(form: SignedForm) -> SignedForm:
    locked = SignedForm.objects.select_for_update(of=("self",)).select_related("unit", "scan").get(pk=form.pk)
    locked.cycle = form.cycle
    return locked


def _require_open(form: SignedForm) -> None:
    if form.state == FormState.VOID:
        newer = (
            SignedForm.objects.filter(
                cycle=form.cycle, kind=form.kind, about_id=form.about_id, state__in=IN_FORCE
            )
            .values_list("code", flat=True)
            .first()
        )
        raise Refused(
            "form-void",
            _(
                "%(form)s is void: its figures changed and it was printed anew with the code %(newer)s. Please have the newer print signed."
            )
            % {"form": str(form), "newer": newer or "—"},
        )
    if form.state == FormState.COUNTED:
        raise Refused(
            "already-counted",
            _("%(form)s was compared by %(who)s and counts as signed already.")
            % {"form": str(form), "who": str(form.compared_by)},
        )
