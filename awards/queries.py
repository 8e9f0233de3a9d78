"""What pages and actions ask about drafts, approvals and editions.

Nothing here writes; who may see an answer is checked by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from awards import content, edition
from awards.models import Draft, Edition, Purpose
from units.models import Block, Cycle


@dataclass(frozen=True, slots=True)
class Now:
    """The result of one scope as it stands at this moment."""

    scope: str
    blocks: list[Block]
    draft: dict[str, Any]
    digest: str
    inputs_digest: str

    @property
    def code(self) -> str:
        return edition.short_code(self.digest)


def everything_now(cycle: Cycle) -> list[Now]:
    """Every scope as it stands, in the plan's order."""
    scopes = content.scopes_of(cycle)
    return [
        Now(
            scope,
            scopes[scope],
            draft,
            *edition.digests_of(draft),
        )
        for scope, draft in content.drafts_of(cycle, scopes).items()
    ]


def joint_digest(drafts: list[Now]) -> str:
    """One digest over several scopes, for what is decided about all of them at once."""
    return edition.digest_of(edition.canonical({now.scope: now.digest for now in drafts}))


def joint_awaiting(drafts: Sequence[Draft]) -> str:
    """One digest over the drafts handed over, for the papers of the meeting that approves them."""
    return edition.digest_of(edition.canonical({draft.scope: draft.digest for draft in drafts}))


def content_of(draft: Draft) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(draft.content)
    return loaded


def awaiting(cycle: Cycle) -> QuerySet[Draft]:
    """The drafts handed over and not voided, one per scope."""
    return (
        Draft.objects.filter(cycle=cycle, purpose=Purpose.APPROVAL, voided_at__isnull=True)
        .select_related("cycle", "made_by", "approval__first_by", "approval__second_by", "approval__minutes")
        .order_by("scope")
    )


def last_heard(cycle: Cycle) -> dict[str, Draft]:
    """Scope → the newest draft the leading group has heard."""
    heard = Draft.objects.filter(cycle=cycle, purpose=Purpose.HEARING).select_related("hearing__by")
    return {draft.scope: draft for draft in heard.order_by("pk")}


def since_heard(cycle: Cycle, found: Sequence[Now]) -> tuple[dict[str, Draft], list[edition.Difference]]:
    """What the leading group heard last, and everything that differs from it now: causes first, then results."""
    heard = last_heard(cycle)
    changed = [
        difference
        for now in found
        if now.scope in heard
        for difference in edition.changes(content_of(heard[now.scope]), now.draft)
    ]
    return heard, sorted(changed, key=lambda one: one.where.startswith("/results"))


@dataclass(frozen=True, slots=True)
class DraftPlaces:
    """Where everybody stood in the newest draft of each scope that was frozen."""

    ranks: Mapping[tuple[str, str], int]  # (block, unit) → place
    made_at: datetime | None  # of the newest of them
    codes: tuple[str, ...]


def places_in_last_drafts(cycle: Cycle) -> DraftPlaces:
    """For the leaders' brief: what changed since the result was last frozen; voided drafts count too."""
    newest: dict[str, Draft] = {}
    for draft in Draft.objects.filter(cycle=cycle).exclude(purpose=Purpose.CORRECTION).order_by("pk"):
        newest[draft.scope] = draft
    ranks = {
        (block["name"], row["unit"]): row["rank"]
        for draft in newest.values()
        for block in content_of(draft)["results"]["blocks"]
        for row in block["rows"]
    }
    return DraftPlaces(
        ranks,
        max((draft.made_at for draft in newest.values()), default=None),
        tuple(draft.code for draft in newest.values()),
    )


def sealed(cycle: Cycle) -> QuerySet[Edition]:
    """The published editions, newest first."""
    return Edition.objects.filter(cycle=cycle, sealed_at__isnull=False).order_by("-number")


def newest(cycle: Cycle) -> Edition | None:
    return sealed(cycle).first()


def under_way(cycle: Cycle) -> Edition | None:
    """The edition asked for but not sealed yet."""
    return (
        Edition.objects.filter(cycle=cycle, sealed_at__isnull=True)
        .select_related("asked_by", "confirmed_by", "job", "supersedes")
        .first()
    )


def open_to_everybody(code: str) -> Edition | None:
    """The newest edition of the year, if the office has opened it."""
    found = (
        Edition.objects.filter(cycle__code=code, sealed_at__isnull=False)
        .select_related("cycle__host")
        .order_by("-number")
        .first()
    )
    return found if found is not None and found.is_open else None


def results_of(found: Edition) -> Mapping[str, Any]:
    """The standing object sealed in an edition, put together from its drafts."""
    drafts = [content_of(draft) for draft in found.drafts.all()]
    blocks = [block for draft in drafts for block in draft["results"]["blocks"]]
    order = {b["name"]: b["order"] for draft in drafts for b in draft["inputs"]["blocks"]}
    blocks.sort(key=lambda block: order[block["name"]])
    return {**drafts[0]["results"], "blocks": blocks}


def differences_to_before(found: Edition) -> list[edition.Difference]:
    """What an edition changed against the one it supersedes."""
    if found.supersedes is None:
        return []
    before = {draft.scope: content_of(draft) for draft in found.supersedes.drafts.all()}
    after = {draft.scope: content_of(draft) for draft in found.drafts.all()}
    return [
        difference
        for scope in dict.fromkeys([*before, *after])
        for difference in (
            edition.changes(before[scope], after[scope])
            if scope in before and scope in after
            else [edition.Difference(f"/{scope}", "", "")]
        )
    ]
