"""Putting the list of awards forward, departing from it with a reason, settling ties, signing it (J01, J02).

Who would win by the figures is computed in awards.policy; the register of money follows from the decided list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import policy
from awards.models import Award, AwardList, AwardScheme, Filling, ListState, TieRuling
from awards.words import why_words
from office import audit
from office.refusal import Refused
from units.actions.signing import Minutes, require_first, require_other, require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Membership
from units.permissions import require
from units.stages import AFTER_PUBLICATION


def deciding_row(cycle: Cycle) -> str:
    """Before publication the leading group approves (J02); after it only a revocation is left (I05)."""
    return "I05" if cycle.stage_now in AFTER_PUBLICATION else "J02"


def _require_may_shape(by: Hat, cycle: Cycle) -> None:
    """The office puts forward (J01), the leading group departs and settles (J02, after publication I05)."""
    if by.role is Role.OFFICE:
        require("J01", by, cycle)
    else:
        require(deciding_row(cycle), by, cycle)


@transaction.atomic
def propose_list(*, by: Hat, cycle: Cycle, reason: str = "") -> AwardList:
    """Put forward the list as the figures give it now; departures whose computed holder stays are kept.

    A list put forward before and not decided is computed anew and loses its first signature. Beside a decided
    list a reason is required: the new one takes its place when it is signed.
    """
    _require_may_shape(by, cycle)
    Cycle.objects.select_for_update().get(pk=cycle.pk)
    award_list = queries.open_list(cycle)
    kept = ""
    if queries.list_in_force(cycle) is not None:
        kept = require_reason(reason)
    if award_list is None:
        last = AwardList.objects.filter(cycle=cycle).aggregate(last=Max("number"))["last"] or 0
        award_list = AwardList(cycle=cycle, number=last + 1)
    award_list.reason = kept or award_list.reason
    award_list.proposed_by, award_list.proposed_at = by.user, timezone.now()
    award_list.digest = ""
    award_list.save()
    _compute(award_list)
    audit.record(
        by, "awards.proposed", award_list, cycle_code=cycle.code, digest=award_list.digest, reason=kept
    )
    return award_list


def _compute(award_list: AwardList) -> None:
    """Write the list's lines from the figures of now, keep departures that still mean the same seat."""
    departures = {
        (award.scheme_id, award.place, award.computed_id): (
            award.membership_id,
            award.departure,
            award.departed_by_id,
        )
        for award in award_list.awards.exclude(departure="")
    }
    award_list.awards.all().delete()
    rows = []
    for computed in queries.compute_awards(queries.ground_of(award_list.cycle)):
        for award in lines_of(computed):
            award.award_list = award_list
            kept = departures.get((award.scheme_id, award.place, award.computed_id))
            if kept is not None and not award.is_held:
                award.membership_id, award.departure, award.departed_by_id = kept
            rows.append(award)
    Award.objects.bulk_create(rows)
    _seal(award_list)


def lines_of(computed: queries.Computed) -> list[Award]:
    """The award's seats as unsaved lines, one for each holder."""
    by_key = {line.contender.key: line for line in computed.proposal.lines}
    rows: list[Award] = []
    done: set[int] = set()
    for seat in computed.proposal.seats:
        base = {"scheme": computed.scheme, "grade": seat.grade, "place": seat.place}
        holders = [key for key in seat.holders if key not in done]
        for key in holders:
            line = by_key[key]
            done.add(key)
            rows.append(
                Award(
                    **base,
                    membership_id=key,
                    computed_id=key,
                    amount_fen=line.amount_fen,
                    shown=line.contender.shown,
                    grounds=grounds_of(line),
                )
            )
        if not seat.holders:
            rows.append(
                Award(
                    **base,
                    amount_fen=seat.amount_fen,
                    is_held=bool(seat.held),
                    grounds={"held": list(seat.held), "empty_for": seat.kept_empty_for},
                )
            )
    return rows


def grounds_of(line: policy.Line) -> dict[str, Any]:
    """Why this one, as codes that awards.words puts into a sentence."""
    return {
        "rank": line.rank,
        "separated_by": line.separated_by,
        "settled": line.settled,
        "moved_up_past": list(line.moved_up_past),
        "missing": line.contender.missing,
        "recommended": line.contender.recommended,
    }


def digest_of(award_list: AwardList) -> str:
    """SHA-256 of the list's lines and of the individuals, in a canonical form."""
    awards = [
        [
            award.scheme.name,
            award.grade,
            award.place,
            award.membership.unit.name if award.membership else "",
            award.amount_fen,
            award.is_held,
            award.departure,
        ]
        for award in queries.awards_on(award_list)
    ]
    people = [
        [one.prize.scheme.name, one.prize.grade, one.name, one.unit.name, one.prize.amount_fen]
        for one in queries.individuals_of(award_list.cycle)
    ]
    text = json.dumps([awards, people], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _seal(award_list: AwardList) -> None:
    """Bring the digest up to date and take back a first signature, which was given to another list."""
    award_list.digest = digest_of(award_list)
    award_list.state = ListState.DRAFT
    award_list.first_by = award_list.first_at = None
    award_list.met_on, award_list.chair, award_list.present, award_list.minutes = None, "", "", None
    award_list.save()


def reseal(cycle: Cycle) -> None:
    """What belongs to the open list changed beside its lines, such as an individual."""
    award_list = queries.open_list(cycle)
    if award_list is not None:
        _seal(award_list)


def _open_list(cycle: Cycle) -> AwardList:
    award_list = (
        AwardList.objects.select_for_update()
        .filter(cycle=cycle, state__in=[ListState.DRAFT, ListState.SIGNED])
        .first()
    )
    if award_list is None:
        raise Refused(
            "no-open-list",
            _("No list of awards is put forward; the appraisal office puts it forward first."),
            "§5",
        )
    award_list.cycle = cycle
    return award_list


@transaction.atomic
def depart(*, by: Hat, cycle: Cycle, award_id: int, membership_id: int | None, reason: str) -> Award:
    """Give a seat to another unit than the computed one, or to none, with the reason.  §5.

    Raises Refused for a barred unit, for one that has a seat of the award already, and for a held seat.
    """
    _require_may_shape(by, cycle)
    award_list = _open_list(cycle)
    award = award_list.awards.select_related("scheme").filter(pk=award_id).first()
    if award is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    kept = require_reason(reason)
    if award.is_held:
        raise Refused(
            "tie-first",
            _("%(award)s: settle the tie first.") % {"award": award.scheme.name},
            "§5",
            status=409,
        )
    if membership_id is not None and membership_id != award.computed_id:
        require_may_win(cycle, award.scheme, membership_id)
        if award_list.awards.filter(scheme=award.scheme, membership_id=membership_id).exists():
            raise Refused(
                "has-a-seat",
                _("This unit has a place of %(award)s already.") % {"award": award.scheme.name},
                status=409,
            )
    award.membership_id = membership_id
    award.departure = "" if membership_id == award.computed_id else kept
    award.departed_by = None if membership_id == award.computed_id else by.user
    award.save()
    _seal(award_list)
    audit.record(
        by,
        "awards.departed",
        award,
        cycle_code=cycle.code,
        computed=award.computed_id,
        given=membership_id,
        reason=kept,
        digest=award_list.digest,
    )
    return award


def require_may_win(cycle: Cycle, scheme: AwardScheme, membership_id: int) -> None:
    """Refuse a unit that is not in the award's blocks or that something bars from it."""
    computed = queries.compute_award(queries.ground_of(cycle), scheme_of(cycle, scheme.pk))
    line = next((one for one in computed.proposal.lines if one.contender.key == membership_id), None)
    if line is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if line.contender.bars:
        raise Refused(
            "cannot-win",
            _("%(unit)s cannot win %(award)s: %(why)s.")
            % {
                "unit": line.contender.unit,
                "award": scheme.name,
                "why": "、".join(str(why_words(why)) for why in sorted(line.contender.bars)),
            },
            "§6(6)",
            status=409,
        )


def scheme_of(cycle: Cycle, scheme_id: int) -> AwardScheme:
    scheme = (
        AwardScheme.objects.filter(cycle=cycle, pk=scheme_id)
        .prefetch_related("blocks", "prizes", "tie_rulings")
        .first()
    )
    if scheme is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return scheme


@transaction.atomic
def settle_tie(
    *, by: Hat, cycle: Cycle, scheme_id: int, how: str, members: Sequence[int], reason: str
) -> TieRuling:
    """Let equals share the sum of the prizes they fill, or order them, with the reason.  Rulebook 7.

    `members` are exactly the equals of one held tie; with an order, in that order.
    """
    _require_may_shape(by, cycle)
    kept = require_reason(reason)
    scheme = scheme_of(cycle, scheme_id)
    if how not in TieRuling.How.values:
        raise Refused("unknown-choice", _("Choose whether they share or are ordered."), status=422)
    held = {
        frozenset(seat.held)
        for seat in queries.compute_award(queries.ground_of(cycle), scheme).proposal.seats
    }
    if frozenset(members) not in held - {frozenset()} or len(set(members)) != len(members):
        raise Refused(
            "no-such-tie",
            _("%(award)s holds no tie of exactly these units; the standing has changed. Look again.")
            % {"award": scheme.name},
            status=409,
        )
    names = dict(Membership.objects.filter(pk__in=members).values_list("pk", "unit__name"))
    ruling = TieRuling.objects.create(
        scheme=scheme,
        how=how,
        members=list(members),
        names="、".join(names[pk] for pk in members)[:300],
        reason=kept,
        by=by.user,
    )
    recompute_open(cycle)
    audit.record(
        by, "awards.tie-settled", ruling, cycle_code=cycle.code, how=how, units=ruling.names, reason=kept
    )
    return ruling


@transaction.atomic
def withdraw_tie_ruling(*, by: Hat, cycle: Cycle, ruling_id: int) -> None:
    _require_may_shape(by, cycle)
    ruling = TieRuling.objects.filter(scheme__cycle=cycle, pk=ruling_id).first()
    if ruling is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    units = ruling.names
    ruling.delete()
    recompute_open(cycle)
    audit.record(by, "awards.tie-reopened", cycle, cycle_code=cycle.code, units=units)


@transaction.atomic
def set_filling(*, by: Hat, cycle: Cycle, scheme_id: int, filling: str, reason: str) -> AwardScheme:
    """Whether the next moves up (递补) or a barred unit's place stays empty (空缺), for one award."""
    _require_may_shape(by, cycle)
    kept = require_reason(reason)
    scheme = scheme_of(cycle, scheme_id)
    if filling not in Filling.values:
        raise Refused("unknown-choice", _("Choose whether the next moves up."), status=422)
    scheme.filling = filling
    scheme.save(update_fields=["filling"])
    recompute_open(cycle)
    audit.record(by, "awards.filling", scheme, cycle_code=cycle.code, filling=filling, reason=kept)
    return scheme


@transaction.atomic
def declare_tie_order(*, by: Hat, cycle: Cycle, scheme_ids: Iterable[int], keys: Sequence[str]) -> None:
    """Declare, while the year is being set up, what separates equals.  Rulebook 7."""
    require("B02", by, cycle)
    known = set(policy.TieKey)
    if len(set(keys)) != len(keys) or not set(keys) <= known:
        raise Refused("unknown-choice", _("The order names an unknown key, or one twice."), status=422)
    AwardScheme.objects.filter(cycle=cycle, pk__in=list(scheme_ids)).update(tie_order=list(keys))
    audit.record(by, "awards.tie-order", cycle, cycle_code=cycle.code, keys=list(keys))


def recompute_open(cycle: Cycle) -> None:
    """Compute the open list anew, when there is one, and take back a first signature."""
    award_list = queries.open_list(cycle)
    if award_list is not None:
        award_list.cycle = cycle
        _compute(award_list)


@transaction.atomic
def sign_list(
    *, by: Hat, cycle: Cycle, list_id: int, digest: str, minutes: Minutes | None = None
) -> AwardList:
    """Give one's signature to exactly this list; the second one decides it.  J02.

    Raises Refused: another digest than the list's (409), seats held by a tie, figures that moved since the list
    was put forward, the same person twice.
    """
    award_list = _open_list(cycle)
    if award_list.pk != list_id or award_list.digest != digest:
        raise Refused(
            "changed-meanwhile",
            _(
                "The list was changed meanwhile: its code is now %(now)s, you saw %(seen)s. Look again, then sign."
            )
            % {"now": award_list.digest[:8], "seen": digest[:8] or "—"},
            status=409,
            values={"now": award_list.digest, "seen": digest},
        )
    row = deciding_row(cycle)
    if award_list.state == ListState.DRAFT:
        require_first(row, by, cycle, minutes)
    else:
        require_other(
            row,
            by,
            cycle,
            first_by=award_list.first_by_id,
            from_minutes=award_list.minutes_id is not None,
        )
    _require_whole(award_list)
    now = timezone.now()
    if award_list.state == ListState.DRAFT:
        award_list.state = ListState.SIGNED
        award_list.first_by, award_list.first_at = by.user, now
        if minutes is not None:
            award_list.met_on, award_list.chair = minutes.met_on, minutes.chair
            award_list.present, award_list.minutes = minutes.present, minutes.scan
        act = "awards.signed"
    else:
        AwardList.objects.filter(cycle=cycle, state=ListState.DECIDED).update(state=ListState.SUPERSEDED)
        award_list.state = ListState.DECIDED
        award_list.second_by, award_list.second_at = by.user, now
        act = "awards.decided"
    award_list.save()
    audit.record(
        by,
        act,
        award_list,
        cycle_code=cycle.code,
        digest=award_list.digest,
        minutes=award_list.minutes.sha256 if award_list.minutes else "",
    )
    return award_list


def _require_whole(award_list: AwardList) -> None:
    """Nothing held, and the list still what the figures give."""
    lines = queries.awards_on(award_list)
    held = sorted({award.scheme.name for award in lines if award.is_held})
    if held:
        raise Refused(
            "tie-first",
            _("Ties are not settled yet: %(awards)s.") % {"awards": "、".join(held)},
            "§5",
            status=409,
        )
    stands = sorted((a.scheme_id, a.place, a.computed_id or 0, a.amount_fen) for a in lines)
    computed = queries.compute_awards(queries.ground_of(award_list.cycle))
    now = sorted(
        (a.scheme.pk, a.place, a.computed_id or 0, a.amount_fen) for one in computed for a in lines_of(one)
    )
    if [line[:3] for line in stands] != [line[:3] for line in now]:
        raise Refused(
            "stale-list",
            _("Figures moved since the list was put forward. The appraisal office puts it forward anew."),
            status=409,
        )
