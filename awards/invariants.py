"""What must always be true of awards, drafts and editions, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from awards import content, edition, queries
from awards.models import Approval, AwardScheme, Draft, Edition, PrizeLine
from awards.models.scheme import Kind
from office.invariants import Breach, Table
from scoring.models import MajorItem, SubItem
from units.models import Cycle
from units.stages import Stage

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


@TABLE.invariant("draft-digest", _("Every frozen draft still has the bytes of its digest."))
def altered_drafts(cycle_code: str) -> Iterator[Breach]:
    for draft in Draft.objects.filter(cycle__code=cycle_code).order_by("pk"):
        if edition.digest_of(draft.content.encode()) != draft.digest:
            yield Breach(f"awards.Draft {draft.pk}", f"{draft.scope} {draft.code}".strip())


@TABLE.invariant("approval-two-persons", _("An approval that stands was signed by two different persons."))
def lonely_approvals(cycle_code: str) -> Iterator[Breach]:
    for approval in Approval.objects.filter(draft__cycle__code=cycle_code, second_at__isnull=False):
        if approval.second_by_id is None or approval.second_by_id == approval.first_by_id:
            yield Breach(f"awards.Approval {approval.pk}", str(approval))


@TABLE.invariant("edition-files", _("A published edition verifies from its stored files."))
def altered_editions(cycle_code: str) -> Iterator[Breach]:
    for found in Edition.objects.filter(cycle__code=cycle_code, sealed_at__isnull=False).order_by("number"):
        stored = {row.name: row.file.sha256 for row in found.files.select_related("file")}
        if stored.get(edition.EDITION_FILE) != found.digest:
            yield Breach(f"awards.Edition {found.pk}", f"{found.number}: {edition.EDITION_FILE}")
        if edition.short_code(found.digest) != found.code:
            yield Breach(f"awards.Edition {found.pk}", f"{found.number}: {found.code}")


@TABLE.invariant("edition-approved", _("Every draft of a published edition is approved."))
def unapproved_editions(cycle_code: str) -> Iterator[Breach]:
    sealed = Edition.objects.filter(cycle__code=cycle_code, sealed_at__isnull=False)
    for draft in Draft.objects.filter(editions__in=sealed, approval__second_at__isnull=True).distinct():
        yield Breach(f"awards.Draft {draft.pk}", f"{draft.scope} {draft.code}".strip())


@TABLE.invariant(
    "sealed-cells", _("Rules and scores are still those of the newest edition, or of the draft handed over.")
)
def cells_changed_after_sealing(cycle_code: str) -> Iterator[Breach]:
    """Vetoes, findings and papers may still move after publication; rules and scores may not."""
    cycle = Cycle.objects.select_related("host").filter(code=cycle_code).first()
    if cycle is None or cycle.stage_now.position < Stage.APPROVAL.position:
        return
    newest = queries.newest(cycle)
    drafts = list(newest.drafts.all()) if newest is not None else list(queries.awaiting(cycle))
    scopes = content.scopes_of(cycle)
    for draft in drafts:
        before = _measured(queries.content_of(draft)["inputs"])
        after = _measured(content.inputs_of(cycle, scopes.get(draft.scope, [])))
        for difference in edition.differences(before, after):
            yield Breach(
                f"awards.Draft {draft.pk}",
                f"{difference.where}: {difference.before} → {difference.after}",
            )


def _measured(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {block["name"]: {"items": block["items"], "cells": block["cells"]} for block in inputs["blocks"]}
