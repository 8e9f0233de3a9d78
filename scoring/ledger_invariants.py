"""What must always be true of ledgers and statistical returns, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from office.invariants import Breach, Table
from scoring.models import Ledger, LedgerKind, LedgerLine, LedgerPart, LedgerVersion, VersionState

TABLE = Table()


@TABLE.invariant("ledger-in-force", _("The version of a ledger in force is one of its own, and stands."))
def strange_versions_in_force(cycle_code: str) -> Iterator[Breach]:
    ledgers = Ledger.objects.filter(cycle__code=cycle_code, current__isnull=False).select_related("body")
    odd = ledgers.exclude(
        Q(current__ledger=F("pk"))
        & Q(current__state=VersionState.STANDING)
        & Q(current__number__isnull=False)
    )
    for ledger in odd.order_by("pk"):
        yield Breach(f"scoring.Ledger {ledger.pk}", str(ledger))


@TABLE.invariant("ledger-sums", _("A version of a ledger has the lines and the points it says."))
def versions_that_do_not_sum(cycle_code: str) -> Iterator[Breach]:
    versions = (
        LedgerVersion.objects.filter(ledger__cycle__code=cycle_code, ledger__kind=LedgerKind.LEDGER)
        .exclude(state=VersionState.WRITING)
        .annotate(count=Count("lines"), total=Sum("lines__points"))
        .select_related("ledger__body")
    )
    for version in versions.order_by("pk"):
        if (version.count, version.total or 0) != (version.line_count, version.points):
            yield Breach(f"scoring.LedgerVersion {version.pk}", str(version))


@TABLE.invariant("returns-count", _("A version of statistical returns has the figures it says."))
def returns_that_do_not_count(cycle_code: str) -> Iterator[Breach]:
    versions = (
        LedgerVersion.objects.filter(ledger__cycle__code=cycle_code, ledger__kind=LedgerKind.RETURNS)
        .exclude(state=VersionState.WRITING)
        .annotate(count=Count("returns"))
        .exclude(count=F("line_count"))
        .select_related("ledger__body")
    )
    for version in versions.order_by("pk"):
        yield Breach(f"scoring.LedgerVersion {version.pk}", str(version))


@TABLE.invariant(
    "ledger-own-unit", _("A body's own lines speak of other units, the office's lines of the body's own.")
)
def lines_about_oneself(cycle_code: str) -> Iterator[Breach]:
    own = Q(membership__unit=F("version__ledger__body"))
    wrong = Q(version__ledger__part=LedgerPart.OWN) & own | Q(version__ledger__part=LedgerPart.OFFICE) & ~own
    lines = LedgerLine.objects.filter(wrong, version__ledger__cycle__code=cycle_code)
    for line in lines.select_related("membership__unit", "sub_item").order_by("pk"):
        yield Breach(f"scoring.LedgerLine {line.pk}", f"{line.membership.unit} {line.sub_item}")


@TABLE.invariant(
    "ledger-block", _("A line of a ledger joins a unit and a sub-item of one block, of its own year.")
)
def lines_across_blocks(cycle_code: str) -> Iterator[Breach]:
    lines = LedgerLine.objects.filter(version__ledger__cycle__code=cycle_code).exclude(
        membership__block=F("sub_item__item__block"), membership__block__cycle=F("version__ledger__cycle")
    )
    for line in lines.select_related("membership__unit", "sub_item").order_by("pk"):
        yield Breach(f"scoring.LedgerLine {line.pk}", f"{line.membership.unit} {line.sub_item}")


@TABLE.invariant("ledger-void", _("A voided version says who voided it and why."))
def voids_without_a_reason(cycle_code: str) -> Iterator[Breach]:
    versions = LedgerVersion.objects.filter(ledger__cycle__code=cycle_code, state=VersionState.VOID)
    unsaid = versions.filter(Q(void_reason="") | Q(voided_by=None) | Q(voided_at=None))
    for version in unsaid.select_related("ledger__body").order_by("pk"):
        yield Breach(f"scoring.LedgerVersion {version.pk}", str(version))
