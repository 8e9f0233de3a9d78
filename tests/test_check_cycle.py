"""check_cycle: a sound year passes; every invariant, broken once behind the actions' backs, names its row.

The table below must cover every invariant there is: one without a way to break it fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appraisal_site.management.commands.check_cycle import breaches_of, invariants
from awards import queries
from awards.actions import approval, rule_changes, single_appraisals
from awards.models import (
    Approval,
    Award,
    AwardList,
    AwardScheme,
    Division,
    Draft,
    Edition,
    Individual,
    PrizeLine,
    Purpose,
    RuleChange,
    SingleAppraisal,
)
from awards.rule_drafts import Draft as RuleDraft
from bonuses.models import Adjustment, Finding, Pool, Tally
from office import audit, files, jobs
from office.models import ApiToken, AuditEntry, EvidenceRoom, Job, StoredFile, SystemRole
from office.models.audit import AuditHead
from scoring import assessment_queries, score_lines
from scoring.actions import (
    appeal_rulings,
    appeals,
    appraisers,
    assessments,
    detailed_rules,
    imports,
    ledgers,
    scores,
    supplements,
)
from scoring.actions.appeal_rulings import Ruling
from scoring.models import (
    Appeal,
    AppealPoint,
    AppraiserFinding,
    AssessmentLine,
    BatchState,
    Cell,
    CommitmentRound,
    CoverageReturn,
    Deduction,
    Goal,
    ImportBatch,
    ImportPlan,
    Indicator,
    Ledger,
    LedgerLine,
    LedgerVersion,
    MajorItem,
    ProgressLine,
    Receipt,
    ResultDelivery,
    ReturnLine,
    RuleBook,
    RuleIndicator,
    Score,
    ScoreKind,
    ScoreRecheck,
    Standing,
    SubItem,
    Supplement,
    TrialVariant,
    Visit,
    VisitLine,
)
from scoring.trial_steps import WeightStep
from tests.bonuses.papers import equip, verified
from tests.cast import Cast, build
from tests.scoring import ledger_sheets, promises, test_detailed_rules, test_returns
from tests.scoring.visits import found, planned, ready, signed, written
from tests.units import minutes
from tests.workbooks.files import sheet_of
from units.actions import paper_forms, setup
from units.models import (
    Block,
    Conflict,
    Cycle,
    Membership,
    Reading,
    Reopening,
    RoleAssignment,
    SignedForm,
    StageWindow,
    Team,
    Unit,
    UnitName,
)
from units.stages import Stage

TODAY = timezone.localdate()


@pytest.fixture
def sound(cast: Cast) -> Cast:
    """A year with something of everything, made by the actions; it holds every invariant."""
    cell = cast.cell("青山乡", "决战园区")
    line = scores.DeductionLine(Decimal("2.5"), "迟报")
    scores.record_score(by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, lines=[line])
    for kind, points in [(ScoreKind.LEAD, "300"), (ScoreKind.PRELIMINARY, "310")]:
        by = cast.hat("lead_市信访局") if kind is ScoreKind.LEAD else cast.hat("office1")
        scores.record_score(by=by, cell_id=cast.cell("青山乡", "信访").pk, kind=kind, points=Decimal(points))
    outside = cast.cell("白水乡", "信访").pk
    scores.propose_not_involved(by=cast.hat("office1"), cell_id=outside, reason="无信访窗口")
    scores.decide_not_involved(by=cast.hat("office2"), cell_id=outside, confirm=True)
    import_scores(cast, {"东河镇": "88.25", "白水乡": "70"})
    Reading.objects.create(cycle=cast.cycle, code="R1", choice="each-item")
    Reading.objects.create(cycle=cast.cycle, code="R9", choice="mix", parameters={"p": 4, "q": 6})
    equip(cast)
    verified(cast, issuer="国务院办公厅", number="国办〔2012〕1号")
    UnitName.objects.create(unit=cast.units["市信访局"], name="信访办", kind="alias")
    award = AwardScheme.objects.create(
        cycle=cast.cycle, name="综合奖", kind="综合", rests_on=["大项:决战园区"]
    )
    award.blocks.add(cast.blocks["乡镇口"])
    PrizeLine.objects.create(scheme=award, grade="一等奖", count=1, amount_fen=5_000_000)
    Job.objects.create(kind="x", title="导出", owner=cast.people["office1"])
    assess(cast)
    appeal(cast)
    visited(cast)
    minuted(cast)
    return cast


def minuted(cast: Cast) -> None:
    """A meeting of the leading group lifted a tie; the office entered it from the minutes."""
    tie = setup.declare_conflict(
        by=cast.hat("reviewer1"), cycle=cast.cycle, unit=cast.units["东河镇"], reason="曾在该镇任职"
    )
    minutes.compared(cast, minutes.scanned(cast, minutes.typed(cast, "conflict-lift", tie.pk)))


def visited(cast: Cast) -> None:
    """A visit that two have signed, and a cell that is returned to its unit."""
    stage = cast.cycle.stage_now
    done = written(cast, planned(ready(cast), "安全"), found(cast, "安全", "588.5"))
    signed(cast, done)
    supplements.ask_supplement(
        by=cast.hat("reviewer1"), cell_id=cast.cell("青山乡", "安全").pk, what="请补充", due_on=TODAY
    )
    cast.at(stage)


def appeal(cast: Cast) -> None:
    """A unit has questioned two scores: one was corrected, one left; its letter had reached it."""
    stage = cast.cycle.stage_now
    cast.at(Stage.RESULTS)
    appeals.note_delivery(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        unit=cast.units["青山乡"],
        reached_on=TODAY,
        receiver="收发室",
    )
    principal = cast.hat("principal_青山乡")
    points = [
        appeals.PointDraft("score", cell_id=cast.cell("青山乡", sub).pk) for sub in ("信访", "决战园区")
    ]
    made = appeals.save_draft(
        by=principal, cycle=cast.cycle, draft=appeals.AppealDraft(words="有误", points=points)
    )
    appeals.file_appeal(by=principal, cycle=cast.cycle, appeal_id=made.pk)
    reviewer = cast.people["reviewer1"]
    appeals.name_reviewer(by=cast.hat("office1"), cycle=cast.cycle, appeal_id=made.pk, reviewer=reviewer)
    appeals.record_recheck(
        by=cast.hat("reviewer1"), cycle=cast.cycle, appeal_id=made.pk, text="属实", advice="correct"
    )
    rulings = (Ruling("upheld", "属实", "preliminary", Decimal(311)), Ruling("kept", "扣分有据"))
    for point, ruling in zip(made.points.order_by("pk"), rulings, strict=True):
        appeal_rulings.sign_first(by=cast.hat("leader1"), cycle=cast.cycle, point_id=point.pk, ruling=ruling)
        appeal_rulings.sign_second(by=cast.hat("leader2"), cycle=cast.cycle, point_id=point.pk)
    cast.at(stage)


def assess(cast: Cast) -> None:
    """A unit has assessed itself, printed its form and submitted."""
    stage = cast.cycle.stage_now
    cast.at(Stage.SELF_ASSESSMENT)
    hat, unit = cast.hat("official_青山乡"), cast.units["青山乡"]
    for asked in assessment_queries.cells_of_part(cast.cycle, unit.pk, None).select_related("sub_item"):
        said = assessments.Said(points=asked.sub_item.base_points)
        assessments.save_line(by=hat, cell_id=asked.pk, said=said)
    part = assessments.open_part(by=hat, cycle=cast.cycle, unit=unit, block=None)
    paper_forms.print_form(by=hat, cycle=cast.cycle, kind="self", about_id=part.pk)
    assessments.submit(by=cast.hat("principal_青山乡"), cycle=cast.cycle, unit=unit)
    cast.at(stage)


def import_scores(cast: Cast, points_by_unit: dict[str, str]) -> ImportBatch:
    """What an import leaves behind: its batch, its scores, one log entry with the lines beside it."""
    office = cast.hat("office1")
    stored = files.store([b"a workbook"], "评分.xlsx", office.user)
    batch = ImportBatch.objects.create(
        cycle=cast.cycle,
        kind="scores",
        target="preliminary",
        file=stored,
        file_sha256=stored.sha256,
        state=BatchState.COMMITTED,
        by=office.user,
        committed_at=timezone.now(),
    )
    lines = []
    for unit, points in points_by_unit.items():
        score = cast.score(unit, "决战园区", points)
        Score.objects.filter(pk=score.pk).update(batch=batch)
        lines.append((score.cell_id, score.kind, score.points))
    audit.record(
        office, "scores.imported", batch, cycle_code=cast.cycle.code, **score_lines.keep(lines, office.user)
    )
    return batch


def breached(cycle_code: str = "2012") -> set[str]:
    return {row.code for row in invariants() if breaches_of(row, cycle_code)}


def test_a_sound_year_holds_every_invariant(sound: Cast) -> None:
    out = StringIO()

    call_command("check_cycle", "2012", stdout=out)

    assert len(list(invariants())) >= 40
    assert breached() == set()
    assert str(len(list(invariants()))) in out.getvalue()


Break = Callable[[Cast], object]


def promised(cast: Cast) -> Cast:
    """A unit has promised, reported and filed; a lead has filed rules, others are accepted and compiled."""
    stage = cast.cycle.stage_now
    cast.at(Stage.SET_UP)
    test_detailed_rules.accepted(cast, sub="决战园区", indicators=())
    test_detailed_rules.save(cast)
    detailed_rules.issue_book(by=cast.hat("office1"), cycle=cast.cycle)
    promises.accepted(cast)
    promises.report(cast, [40, 100])
    promises.filed(cast)
    return cast.at(stage)


def test_a_year_with_promises_and_rules_holds_every_invariant(sound: Cast) -> None:
    promised(sound)

    assert breached() == set()


def kept_ledgers(cast: Cast) -> Cast:
    """A quarter came in twice, the office wrote of the body itself, a source reported figures, one was voided."""
    own = ledger_sheets.row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    ledger_sheets.taken(cast, *ledger_sheets.GOOD)
    ledger_sheets.taken(cast, own, by="office1")
    test_returns.taken(cast, *test_returns.GOOD)
    again = ledger_sheets.taken(cast, ledger_sheets.row("青山乡", 9, "报错的一份"))
    ledgers.void(
        by=cast.hat(ledger_sheets.LEAD),
        cycle=cast.cycle,
        version_id=LedgerVersion.objects.get(batch=again).pk,
        reason="报错季度",
    )
    return cast


def test_a_year_with_ledgers_and_returns_holds_every_invariant(sound: Cast) -> None:
    kept_ledgers(sound)

    assert breached() == set()


def entry(cast: Cast) -> AuditEntry:
    return AuditEntry.objects.get(number=2)


def figures(cast: Cast, **changes: Any) -> None:
    standing = Standing.objects.get(block=cast.blocks["乡镇口"])
    Standing.objects.filter(pk=standing.pk).update(figures=json.dumps(json.loads(standing.figures) | changes))


def score(**where: Any) -> Any:
    return Score.objects.filter(cell__membership__unit__name="青山乡", kind="preliminary", **where)


def cell(unit: str, sub: str) -> Any:
    return Cell.objects.filter(membership__unit__name=unit, sub_item__name=sub)


def other_cycle(cast: Cast) -> Cycle:
    return Cycle.objects.create(code="2011", name="旧", year=2011, host=cast.units["考评办"])


def lose_file(cast: Cast) -> None:
    files.path_of(StoredFile.objects.order_by("pk")[0].sha256).unlink()


def fit_chain() -> None:
    """Seal the whole chain anew, as somebody with the database would, so that only the meaning is wrong."""
    previous = audit.GENESIS
    for row in AuditEntry.objects.order_by("number"):
        row.previous_digest = previous
        row.digest = previous = audit._digest(row)
        row.save()
    AuditHead.objects.update(digest=previous)


def forge(cast: Cast, **change: Any) -> None:
    AuditEntry.objects.filter(act="score.recorded").order_by("number").filter(number=2).update(**change)
    fit_chain()


def publish_now(cast: Cast) -> Edition:
    """A published edition without papers, as nobody could have made it by the actions."""
    Cycle.objects.filter(pk=cast.cycle.pk).update(stage=Stage.PUBLISHED)
    cast.cycle.refresh_from_db()
    now = timezone.now()
    edition = Edition.objects.create(
        cycle=cast.cycle,
        number=1,
        asked_by=cast.people["office1"],
        asked_at=now,
        confirmed_by=cast.people["office2"],
        confirmed_at=now,
        digest="0" * 64,
        code="0000-0000-0000",
        sealed_at=now,
    )
    for now_there in queries.everything_now(cast.cycle):
        edition.drafts.add(approval.freeze(now_there, cast.cycle, Purpose.APPROVAL, cast.hat("office1")))
    return edition


def approve_alone(cast: Cast) -> None:
    draft = publish_now(cast).drafts.all()[0]
    Approval.objects.create(
        draft=draft,
        way="screen",
        first_by=cast.people["leader1"],
        first_at=timezone.now(),
        second_at=timezone.now(),
    )


def alter_draft(cast: Cast) -> None:
    publish_now(cast)
    Draft.objects.update(content="{}")


def sealed_then_changed(cast: Cast) -> None:
    publish_now(cast)
    score().update(points=Decimal(1))


def award_list(cast: Cast, state: str = "decided", second: str = "leader2") -> AwardList:
    now = timezone.now()
    return AwardList.objects.create(
        cycle=cast.cycle,
        number=1,
        state=state,
        digest="0" * 64,
        proposed_by=cast.people["office1"],
        proposed_at=now,
        first_by=cast.people["leader1"],
        first_at=now,
        second_by=cast.people[second],
        second_at=now,
    )


def award_to(cast: Cast, unit: str, block: str) -> Award:
    return Award.objects.create(
        award_list=award_list(cast),
        scheme=AwardScheme.objects.get(),
        grade="一等奖",
        place=1,
        membership=Membership.objects.get(unit__name=unit, block__name=block),
        amount_fen=5_000_000,
    )


def name_two(cast: Cast) -> None:
    for name in ("赵甲", "钱乙"):
        Individual.objects.create(
            prize=PrizeLine.objects.get(),
            name=name,
            plain_name=name,
            unit=cast.units["青山乡"],
            merit="引进项目",
            by=cast.people["office1"],
        )


def seal_undecided(cast: Cast) -> None:
    edition = publish_now(cast)
    Edition.objects.filter(pk=edition.pk).update(award_list=award_list(cast, state="draft"))


def amended(cast: Cast) -> Cast:
    """A rule was amended by two of the leading group, with its figures."""
    stage = cast.cycle.stage_now
    cast.at(Stage.RESULTS)
    items = {one.name: one.pk for one in cast.blocks["乡镇口"].items.all()}
    steps = [WeightStep(items["决战园区"], Decimal(500)), WeightStep(items["社会管理"], Decimal(500))]
    draft = RuleDraft(kind="amendment", steps=steps, reason="附表有误", on=TODAY)
    row = rule_changes.propose(by=cast.hat("leader1"), cycle=cast.cycle, draft=draft)
    rule_changes.confirm(by=cast.hat("leader2"), cycle=cast.cycle, change_id=row.pk)
    return cast.at(stage)


def single_appraisal(cast: Cast) -> Cast:
    """A register entry that was compared."""
    row = single_appraisals.enter(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        entry=single_appraisals.Entry(
            project="档案达标",
            applicant="市档案局",
            is_approved=True,
            paper_number="领〔2012〕3号",
            paper_on=TODAY,
        ),
        scan=files.store([b"a scan"], "批复.png", cast.people["office1"]),
    )
    single_appraisals.compare(by=cast.hat("office2"), cycle=cast.cycle, key=row.pk)
    return cast


def appraised_badly(cast: Cast) -> Cast:
    """A finding about a person of the office is in force, every score of his waits for re-check."""
    row = appraisers.propose(
        by=cast.hat("leader1"), cycle=cast.cycle, person=cast.people["office1"], what="虚打分", on=TODAY
    )
    appraisers.confirm(by=cast.hat("leader2"), cycle=cast.cycle, finding_id=row.pk)
    return cast


def test_a_year_with_amendments_and_findings_holds_every_invariant(sound: Cast) -> None:
    appraised_badly(single_appraisal(amended(sound)))

    assert breached() == set()


WAYS: dict[str, Break] = {
    "ledger-in-force": lambda c: (
        kept_ledgers(c),
        LedgerVersion.objects.filter(current_of__isnull=False).update(state="writing"),
    ),
    "ledger-sums": lambda c: (kept_ledgers(c), LedgerLine.objects.filter(points=5).update(points=4)),
    "returns-count": lambda c: (kept_ledgers(c), ReturnLine.objects.filter(figure="受理件数").delete()),
    "ledger-own-unit": lambda c: (
        kept_ledgers(c),
        Ledger.objects.filter(part="office").update(body=c.units["青山乡"]),
    ),
    "ledger-block": lambda c: (
        kept_ledgers(c),
        LedgerLine.objects.filter(points=5).update(sub_item=c.subs["党群口", "业务"]),
    ),
    "ledger-void": lambda c: (
        kept_ledgers(c),
        LedgerVersion.objects.filter(state="void").update(void_reason=""),
    ),
    "round-digest": lambda c: (promised(c), CommitmentRound.objects.update(sha256="0" * 64)),
    "promise-round": lambda c: (promised(c), Goal.objects.filter(order=1).update(target="1公里")),
    "goal-year": lambda c: (promised(c), Goal.objects.filter(order=1).update(due="2013-01-31")),
    "progress-whole": lambda c: (promised(c), ProgressLine.objects.filter(percent=40).update(percent=None)),
    "coverage-kinds": lambda c: (promised(c), CoverageReturn.objects.update(number=3)),
    "rule-sums": lambda c: (promised(c), RuleIndicator.objects.update(base_points=1)),
    "rule-book": lambda c: (promised(c), RuleBook.objects.update(content={"blocks": []})),
    "award-list-two-persons": lambda c: award_list(c, second="leader1"),
    "awards-in-blocks": lambda c: award_to(c, "市档案局", "党群口"),
    "divisions-sum": lambda c: Division.objects.create(
        award=award_to(c, "青山乡", "乡镇口"), by=c.people["official_青山乡"], at=timezone.now()
    ),
    "individuals-once": name_two,
    "edition-awards": seal_undecided,
    "filing-receipt": lambda c: Cycle.objects.update(stage=Stage.FILED),
    "draft-digest": alter_draft,
    "approval-two-persons": approve_alone,
    "edition-files": publish_now,
    "edition-approved": publish_now,
    "sealed-cells": sealed_then_changed,
    "log-chain": lambda c: AuditEntry.objects.filter(number=1).update(details="{}"),
    "log-head": lambda c: AuditHead.objects.update(number=F("number") + 1),
    "log-details": lambda c: AuditEntry.objects.filter(act="scores.imported").update(details="[]"),
    "log-accounts": lambda c: AuditEntry.objects.filter(number=1).update(user_id_text="nobody"),
    "file-bytes": lose_file,
    "file-type": lambda c: StoredFile.objects.update(content_type="application/pdf"),
    "file-name": lambda c: StoredFile.objects.update(name="../../etc/passwd"),
    "token-days": lambda c: ApiToken.objects.create(
        user=c.people["office1"], digest="x", role="OF", expires_at=timezone.now() + timedelta(days=91)
    ),
    "auditor-alone": lambda c: SystemRole.objects.create(user=c.people["auditor"], kind="SA"),
    "evidence-room": lambda c: EvidenceRoom.objects.create(account="2012/1", used_bytes=5, files=1),
    "job-progress": lambda c: Job.objects.update(state="done"),
    "stage-known": lambda c: Cycle.objects.update(stage="spring"),
    "cycle-figures": lambda c: Cycle.objects.update(places=5),
    "member-in-cycle": lambda c: c.cycle.units.remove(c.units["工口"]),
    "body-not-appraised": lambda c: Unit.objects.filter(name="工口").update(kind="机构"),
    "closed-lists": lambda c: Membership.objects.update(mode="旁听"),
    "names-apart": lambda c: Unit.objects.filter(name="工口").update(name=" 青山 乡"),
    "names-plain": lambda c: UnitName.objects.update(plain="别的"),
    "reading-closed": lambda c: Reading.objects.filter(code="R9").update(choice="guess"),
    "reading-rounding": lambda c: Reading.objects.filter(code="R1").update(choice="total-only"),
    "reading-mix": lambda c: Reading.objects.filter(code="R9").update(parameters={"p": 0, "q": 0}),
    "reading-signed": lambda c: Reading.objects.update(decided_at=timezone.now()),
    "window-block": lambda c: StageWindow.objects.create(
        cycle=other_cycle(c).__class__.objects.get(code="2012"),
        block=Block.objects.create(cycle=Cycle.objects.get(code="2011"), name="甲", kind="综合"),
        stage="set-up",
        opens_on=TODAY,
        closes_on=TODAY,
    ),
    "role-bound": lambda c: RoleAssignment.objects.create(
        user=c.people["mayor"],
        role="UO",
        cycle=c.cycle,
        unit=Unit.objects.create(name="外市局", kind="市直单位"),
    ),
    "system-apart": lambda c: SystemRole.objects.create(user=c.people["office1"], kind="SE"),
    "team-units": lambda c: Team.objects.get().units.add(Unit.objects.create(name="外局", kind="市直单位")),
    "conflict-lifted": lambda c: Conflict.objects.create(
        cycle=c.cycle,
        user=c.people["office1"],
        unit=c.units["工口"],
        reason="亲属",
        lifted_by=c.people["leader1"],
        lift_proposed_by=c.people["leader1"],
        lifted_at=timezone.now(),
    ),
    "reasons-given": lambda c: Reopening.objects.create(
        cycle=c.cycle, stage="set-up", until=timezone.now(), reason=" ", by=c.people["office1"]
    ),
    "tally-figures": lambda c: Tally.objects.update(rewards=Decimal("0.001")),
    "tally-cap": lambda c: Tally.objects.update(commendations=51),
    "tally-pools": lambda c: Tally.objects.update(rewards=21),
    "tally-papers": lambda c: Tally.objects.update(commendations=29),
    "papers-two-persons": lambda c: Adjustment.objects.update(decided_by=F("proposed_by")),
    "vetoes-two-persons": lambda c: Finding.objects.create(
        cycle=c.cycle,
        unit=c.units["白水乡"],
        what="虚报",
        responsibility="检查",
        on="2012-09-01",
        state="confirmed",
        proposed_by=c.people["leader1"],
        confirmed_by=c.people["leader1"],
    ),
    "tariff-lines": lambda c: Pool.objects.update(cap=-1),
    "standing-stored": lambda c: Standing.objects.all().delete(),
    "standing-second": lambda c: figures(c, final=[0, 0, 0]),
    "standing-version": lambda c: Standing.objects.update(version=0),
    "standing-places": lambda c: figures(c, rank=[1, 1, 2]),
    "cells-complete": lambda c: cell("东河镇", "安全")._raw_delete("default"),
    "cell-block": lambda c: cell("东河镇", "安全").update(block=c.blocks["党群口"]),
    "not-involved-signed": lambda c: cell("白水乡", "信访").update(involvement_decided_by=F("proposed_by")),
    "involved-clean": lambda c: cell("东河镇", "安全").update(involvement_reason="无"),
    "cell-lists": lambda c: cell("东河镇", "安全").update(involvement="maybe"),
    "score-range": lambda c: Score.objects.update(points=Decimal(101)),
    "score-places": lambda c: Score.objects.update(points=Decimal("88.255")),
    "score-time": lambda c: Score.objects.update(entered_at=timezone.now() + timedelta(days=1)),
    "lead-not-itself": lambda c: Score.objects.filter(kind="lead").update(
        entered_by=c.people["official_青山乡"]
    ),
    "review-not-itself": lambda c: score().update(entered_by=c.people["official_青山乡"]),
    "on-behalf-compared": lambda c: Score.objects.update(compared_by=F("entered_by")),
    "deductions-explain": lambda c: Deduction.objects.update(points=Decimal(3)),
    "deduction-lines": lambda c: Deduction.objects.update(reason=""),
    "receipt-digest": lambda c: Receipt.objects.update(digest="0" * 64),
    "receipt-scores": lambda c: cell("青山乡", "信访").get().scores.filter(kind="self").update(points=1),
    "line-or-score": lambda c: AssessmentLine.objects.filter(cell__sub_item__name="信访").update(
        wishes_not_involved=True, wish_reason="无"
    ),
    "forms-compared": lambda c: SignedForm.objects.update(state="counted"),
    "minutes-compared": lambda c: SignedForm.objects.filter(kind="minutes").update(compared_by=None),
    "form-codes": lambda c: SignedForm.objects.filter(kind="self").update(code="AAAA-AAAA"),
    "appeal-numbers": lambda c: Appeal.objects.update(number=2),
    "appeal-filed": lambda c: Appeal.objects.update(sender=""),
    "appeal-compared": lambda c: Appeal.objects.update(channel="paper"),
    "appeal-reviewer": lambda c: Appeal.objects.update(reviewer=c.people["official_青山乡"]),
    "appeal-decided": lambda c: Appeal.objects.update(state="checked"),
    "point-signed": lambda c: AppealPoint.objects.update(second_by=F("first_by")),
    "point-own": lambda c: Appeal.objects.update(about=c.units["白水乡"]),
    "point-corrected": lambda c: AppealPoint.objects.filter(outcome="upheld").update(entry=1),
    "delivery-takes-part": lambda c: ResultDelivery.objects.update(unit=c.units["考评办"]),
    "visit-signed": lambda c: Visit.objects.update(second_by=F("first_by")),
    "visit-ties": lambda c: Conflict.objects.create(
        cycle=c.cycle, user=c.people["reviewer1"], unit=c.units["青山乡"], reason="亲属"
    ),
    "visit-cells": lambda c: VisitLine.objects.update(cell=c.cell("白水乡", "安全")),
    "visit-scores": lambda c: cell("青山乡", "安全").get().scores.filter(kind="onsite").delete(),
    "supplement-numbers": lambda c: Supplement.objects.update(number=2),
    "supplement-answers": lambda c: Supplement.objects.update(state="answered"),
    "weights-sum": lambda c: MajorItem.objects.filter(name="决战园区").update(weight_points=599),
    "bases-sum": lambda c: MajorItem.objects.filter(name="社会管理").update(base_points=999),
    "indicators-fit": lambda c: Indicator.objects.create(
        sub_item=c.subs["乡镇口", "安全"], name="甲", base_points=601
    ),
    "rule-figures": lambda c: SubItem.objects.filter(name="安全").update(floor_points=-10),
    "rule-lists": lambda c: SubItem.objects.update(look="电话"),
    "single-sub-item": lambda c: SubItem.objects.filter(name="业务").update(name="业务工作"),
    "rule-names": lambda c: SubItem.objects.filter(name="安全").update(aliases=["信 访"]),
    "leads-in-cycle": lambda c: c.cycle.units.remove(c.units["市档案局"]),
    "score-log": lambda c: Score.objects.filter(batch__isnull=False).update(points=Decimal(88)),
    "version-log": lambda c: cell("青山乡", "决战园区").update(version=0),
    "batch-bytes": lambda c: ImportBatch.objects.update(file_sha256="0" * 64),
    "batch-taken": lambda c: ImportBatch.objects.update(state=BatchState.VOID),
    "award-blocks": lambda c: AwardScheme.objects.get().blocks.add(
        Block.objects.create(cycle=other_cycle(c), name="甲", kind="综合")
    ),
    "award-rests-on": lambda c: AwardScheme.objects.update(rests_on=["大项:决战园地"]),
    "prize-lines": lambda c: PrizeLine.objects.update(count=0),
    "rule-change-signed": lambda c: (amended(c), RuleChange.objects.update(second_by=F("first_by"))),
    "rule-change-steps": lambda c: (amended(c), RuleChange.objects.update(steps=["missing~1~1~mean"])),
    "rule-change-numbers": lambda c: (amended(c), RuleChange.objects.update(number=3)),
    "rule-change-replay": lambda c: (
        amended(c),
        MajorItem.objects.filter(name="决战园区").update(weight_points=499),
    ),
    "single-appraisal-compared": lambda c: (
        single_appraisal(c),
        SingleAppraisal.objects.update(compared_by=F("entered_by")),
    ),
    "variant-steps": lambda c: TrialVariant.objects.create(
        cycle=c.cycle, name="甲", steps=["weight~1"], made_by=c.people["office1"]
    ),
    "appraiser-two-persons": lambda c: (
        appraised_badly(c),
        AppraiserFinding.objects.update(decided_by=F("proposed_by")),
    ),
    "appraiser-rechecks": lambda c: (
        appraised_badly(c),
        ScoreRecheck.objects.update(checked_at=timezone.now()),
    ),
}


def test_every_invariant_has_a_way_to_be_broken() -> None:
    assert sorted(WAYS) == sorted(row.code for row in invariants())


@pytest.mark.parametrize("code", WAYS)
def test_a_row_broken_behind_the_actions_is_named(sound: Cast, code: str) -> None:
    invariant = next(row for row in invariants() if row.code == code)

    WAYS[code](sound)

    assert breaches_of(invariant, "2012") != []


def test_the_command_ends_with_1_and_names_the_row(sound: Cast) -> None:
    SubItem.objects.filter(name="安全").update(look="电话")

    with pytest.raises(CommandError) as stopped:
        call_command("check_cycle", "2012")

    pk = SubItem.objects.get(name="安全").pk
    assert stopped.value.returncode == 1
    assert f"rule-lists  scoring.SubItem {pk}  安全: 电话 方案" in str(stopped.value).replace("确认", "方案")


def test_the_report_as_json_names_code_row_and_sentence(sound: Cast) -> None:
    PrizeLine.objects.update(count=0)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("check_cycle", "2012", "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert [(b["code"], b["row"]) for b in report["breaches"]] == [
        ("prize-lines", f"awards.PrizeLine {PrizeLine.objects.get().pk}")
    ]
    assert len(report["checked"]) == len(list(invariants()))


def test_a_year_that_is_not_there_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="1999"):
        call_command("check_cycle", "1999")


def test_the_lines_of_an_import_that_were_altered_are_named(sound: Cast) -> None:
    kept = StoredFile.objects.get(name=score_lines.FILE_NAME)
    files.path_of(kept.sha256).write_bytes(b'[1, "preliminary", "1"]\n')

    assert {"score-log", "file-bytes"} <= breached()


def test_a_score_that_was_cleared_or_saved_over_an_import_still_agrees_with_the_log(sound: Cast) -> None:
    imported = sound.cell("东河镇", "决战园区")
    scores.record_score(
        by=sound.hat("office2"), cell_id=imported.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(80)
    )
    scores.clear_score(
        by=sound.hat("office1"),
        cell_id=sound.cell("白水乡", "决战园区").pk,
        kind=ScoreKind.PRELIMINARY,
        reason="录错",
    )

    assert breached() == set()


def test_a_score_deleted_behind_the_log_is_named(sound: Cast) -> None:
    Score.objects.filter(kind="lead").delete()

    assert breached() == {"score-log"}


def test_a_forged_entry_in_a_sealed_chain_is_still_named(sound: Cast) -> None:
    details = json.loads(AuditEntry.objects.get(number=2).details) | {"after": "299"}
    forge(sound, details=json.dumps(details, ensure_ascii=False, sort_keys=True))

    assert breached() == {"score-log"}


def test_a_year_in_set_up_may_have_rules_that_do_not_sum_yet(sound: Cast) -> None:
    Cycle.objects.update(stage="set-up")
    MajorItem.objects.filter(name="决战园区").update(weight_points=599)

    assert breached() == {"standing-second"}


def test_another_years_rows_are_not_named(sound: Cast) -> None:
    foreign = Cycle.objects.create(code="2011", name="旧", year=2011, host=sound.units["考评办"])
    block = Block.objects.create(cycle=foreign, name="甲", kind="综合")
    MajorItem.objects.create(block=block, name="甲", weight_points=-1, base_points=0)

    assert breached() == set()
    assert "rule-figures" in breached("2011")


def test_the_check_asks_the_same_number_of_questions_of_a_larger_year(sound: Cast) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            breached()
        return len(asked)

    before = count()
    for number in range(30):
        unit = Unit.objects.create(name=f"新乡{number}", kind="乡镇", order=100 + number)
        sound.cycle.units.add(unit)
        Membership.objects.create(block=sound.blocks["乡镇口"], unit=unit)

    assert count() == before


def test_jobs_that_were_cancelled_hold(sound: Cast) -> None:
    jobs.ask_to_cancel(Job.objects.get())

    assert breached() == set()


def test_an_empty_year_holds(db: None) -> None:
    build(code="2013")

    assert breached("2013") == set()


def test_a_sheet_taken_in_and_one_that_clears_agree_with_the_log(sound: Cast) -> None:
    header = ("单位", "大项", "中项", "得分", "说明")
    sheets: list[list[tuple[Any, ...]]] = [
        [header, ("白水乡", "决战园区", "决战园区", 91.25, ""), ("东河镇", "社会管理", "信访", "380", "")],
        [header, ("东河镇", "社会管理", "信访", "撤销", "录错")],
    ]
    for content in sheets:
        office = sound.hat("office1")
        batch = imports.hand_in(
            by=office,
            cycle=sound.cycle,
            kind=ScoreKind.PRELIMINARY,
            chunks=[sheet_of(content)],
            name="评分表.xlsx",
        )
        read = imports.read_in(batch, office)
        assert read.report["errors"] == []
        imports.confirm(by=office, cycle=sound.cycle, batch_id=read.pk)
    assert breached() == set()

    ImportPlan.objects.filter(batch=batch).update(content=b"")

    assert breached() == {"score-log"}
