"""The last steps of a demo year: readings, hearing, approval, awards, edition, divided prizes.

Called where the demo completes its year; the acts are those of awards.
"""

from __future__ import annotations

from django.utils import timezone

from appraisal_site.demo.words import SURNAMES
from awards import award_queries, money, queries
from awards.actions import approval, award_list, prizes, publication
from awards.actions.people import name_individual
from awards.models import AwardList, AwardScheme, Draft, Edition, TieRuling
from awards.models.scheme import Kind
from office.refusal import Refused
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle, Membership, Reading, RoleAssignment, Unit
from units.readings import QUESTIONS
from units.signals import announce_stale, once_per_block
from units.stages import Stage

REASON = "演示年度，按方案原文"


def decide_readings(cycle: Cycle, by: Hat) -> None:
    """Give every undecided reading the shipped answer, so that none holds the approval."""
    with once_per_block():
        for question in QUESTIONS:
            reading, _made = Reading.objects.get_or_create(
                cycle=cycle,
                code=question.code,
                defaults={"choice": cycle.rounding if question.code == "R1" else question.shipped},
            )
            if reading.decided_at is None:
                reading.decided_by, reading.decided_at = by.user, timezone.now()
                reading.reason = reading.reason or REASON
                reading.save()
        for block in cycle.blocks.all():
            announce_stale(block.pk)


def release_hearing(cycle: Cycle, leader: Hat) -> list[Draft]:
    """The first result as the leading group heard it; the year stands at the hearing."""
    digest = queries.joint_digest(queries.everything_now(cycle))
    return approval.decide_hearing(by=leader, cycle=cycle, digest=digest, release=True)


def approve(cycle: Cycle, office: Hat, leaders: tuple[Hat, Hat]) -> list[Draft]:
    """Hand the result over and have two members approve it; the year stands at approval then.

    Raises Refused when the year does not stand at results or something decides a place and is open.
    """
    if cycle.stage_now is not Stage.RESULTS:
        raise Refused("not-at-results", f"{cycle.code}: {cycle.stage}")
    drafts = approval.hand_over(by=office, cycle=cycle)
    for draft in drafts:
        for leader in leaders:
            approval.approve(by=leader, draft_id=draft.pk, digest=draft.digest)
    cycle.refresh_from_db()
    return drafts


def name_people(cycle: Cycle, office: Hat) -> int:
    """Fill every seat of the individual awards with fictional people of units that take part in the award's block."""
    named = 0
    for scheme in AwardScheme.objects.filter(cycle=cycle, kind=Kind.INDIVIDUAL).order_by("order", "pk"):
        blocks = list(scheme.blocks.all()) or list(cycle.blocks.filter(kind="专项"))
        ground = award_queries.ground_of(cycle)
        barred = {
            ground.unit_of[key]
            for key in ground.facts.members
            if ground.facts.is_barred(key, str(Kind.INDIVIDUAL))
        }
        members = Membership.objects.filter(block__in=blocks).exclude(unit__in=barred)
        units = list(Unit.objects.filter(pk__in=members.values("unit_id")).order_by("order", "pk"))
        seats = [prize for prize in scheme.prizes.all() for _seat in range(prize.count)]
        for seat, prize in enumerate(seats):
            name_individual(
                by=office,
                cycle=cycle,
                prize_id=prize.pk,
                name=f"{SURNAMES[seat % len(SURNAMES)]}{'甲乙丙丁戊己庚辛'[seat % 8]}",
                unit_id=units[seat % len(units)].pk,
                post="招商专员",
                merit="引进项目一个，到位资金按期核实",
            )
            named += 1
    return named


def decide_awards(cycle: Cycle, office: Hat, leaders: tuple[Hat, Hat]) -> AwardList:
    """The list as the figures give it, ties shared, signed by two members; the year stands at approval."""
    made = award_list.propose_list(by=office, cycle=cycle)
    for computed in award_queries.compute_awards(award_queries.ground_of(cycle)):
        for tie in sorted({seat.held for seat in computed.proposal.seats if seat.held}):
            award_list.settle_tie(
                by=leaders[0],
                cycle=cycle,
                scheme_id=computed.scheme.pk,
                how=str(TieRuling.How.SHARE),
                members=list(tie),
                reason="得分相同，合并奖金后均分",
            )
    made.refresh_from_db()
    for leader in leaders:
        signed = award_list.sign_list(by=leader, cycle=cycle, list_id=made.pk, digest=made.digest)
    return signed


def publish(cycle: Cycle, first: Hat, second: Hat) -> Edition:
    """Ask, confirm and seal; the year stands at published.

    Raises Refused when papers cannot be set on this machine: the edition then waits for its second try.
    """
    asked = publication.ask_publication(by=first, cycle=cycle)
    publication.confirm_publication(by=second, edition_id=asked.pk, start_job=False)
    sealed = publication.seal(Edition.objects.select_related("cycle__host").get(pk=asked.pk), second)
    cycle.refresh_from_db()
    return sealed


def divide(cycle: Cycle) -> int:
    """Every prize of the year divided by its unit's principal: two heads, then the staff; how many."""
    done = 0
    for award in award_queries.decided_awards(cycle):
        if award.membership is None:
            continue
        unit = award.membership.unit
        principal = RoleAssignment.objects.filter(cycle=cycle, unit=unit, role=Role.PRINCIPAL).first()
        if principal is None:
            continue
        heads = award.amount_fen * 18 // 100
        staff = award.amount_fen - 2 * heads
        parts = [
            prizes.Part(f"{unit.name}负责人甲", heads, "主要负责人", True),
            prizes.Part(f"{unit.name}负责人乙", heads, "主要负责人", True),
            *(
                prizes.Part(f"{unit.name}干部{word}", amount, "干部")
                for word, amount in zip("甲乙丙丁", money.share_fen(staff, 4), strict=True)
            ),
        ]
        prizes.divide_prize(
            by=hat_for(principal.user, Role.PRINCIPAL, cycle, unit),
            cycle=cycle,
            award_id=award.pk,
            parts=parts,
            reason="",
        )
        done += 1
    return done
