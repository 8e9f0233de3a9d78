"""The shipped year from set-up to filed, stage by stage through the commands and actions; then a revocation.

Papers are kept as HTML here; setting them is tested in tests/awards/test_reports.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from appraisal_site.demo import publication
from awards import award_queries, queries
from awards.actions import approval, award_list, filing
from awards.actions import publication as publishing
from awards.models import Edition
from bonuses.models import BarState, Finding
from office import audit, files, pdf
from office.models import User
from tests.awards.years import score_every_cell
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle, RoleAssignment, SignedLack, Unit
from units.stages import ORDER, Stage

pytestmark = pytest.mark.slow
REASON = "领导小组同意先行进入下一阶段"


def hats(cycle: Cycle) -> dict[str, Hat]:
    found = {}
    for name, role in [
        ("office1", Role.OFFICE),
        ("office2", Role.OFFICE),
        ("leader1", Role.LEADING_GROUP),
        ("leader2", Role.LEADING_GROUP),
        ("archive", Role.ORGANIZATION),
    ]:
        user = User.objects.create(username=name, display_name=name)
        RoleAssignment.objects.create(user=user, role=role, cycle=cycle)
        found[name] = hat_for(user, role, cycle)
    for unit in Unit.objects.filter(memberships__block__cycle=cycle).distinct():
        user = User.objects.create(username=f"principal_{unit.pk}", display_name=f"{unit.name}负责人")
        RoleAssignment.objects.create(user=user, role=Role.PRINCIPAL, unit=unit, cycle=cycle)
    return found


def move(stage: Stage) -> None:
    call_command("move_cycle", "2012", str(stage), "--by", "office1", "--reason", REASON, stdout=StringIO())


def publish(folder: Path, by: str, confirmed_by: str, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command("publish", "2012", "--by", by, "--confirmed-by", confirmed_by, "--out", str(folder), "--json",
                 *more, stdout=out)  # fmt: skip
    report: dict[str, Any] = json.loads(out.getvalue())
    call_command("verify_edition", str(folder), "--code", report["code"], stdout=StringIO())
    return report


def test_the_year_goes_from_set_up_to_filed_and_every_check_holds(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())
    call_command("loaddata", "plan_2012", verbosity=0)
    cycle = Cycle.objects.select_related("host").get(code="2012")
    people = hats(cycle)
    office, leaders = people["office1"], (people["leader1"], people["leader2"])
    assert cycle.stage_now is Stage.SET_UP

    # The working stages, each with what is lacking signed by the office.
    for stage in ORDER[1 : ORDER.index(Stage.PRELIMINARY_REVIEW) + 1]:
        move(stage)
    score_every_cell(cycle)
    for stage in (Stage.ONSITE_REVIEW, Stage.HEARING):
        move(stage)
    assert SignedLack.objects.filter(cycle=cycle).exclude(reason="").exists()
    with pytest.raises(CommandError):
        call_command("move_cycle", "2012", "approval", "--by", "office1", "--reason", REASON)

    # Hearing, results, approval and awards.
    cycle.refresh_from_db()
    publication.release_hearing(cycle, leaders[0])
    move(Stage.RESULTS)
    cycle.refresh_from_db()
    drafts = approval.hand_over(by=office, cycle=cycle)
    for draft in drafts:
        for leader in leaders:
            approval.approve(by=leader, draft_id=draft.pk, digest=draft.digest)
    cycle.refresh_from_db()
    assert cycle.stage_now is Stage.APPROVAL
    assert publication.name_people(cycle, office) == 12
    publication.decide_awards(cycle, office, leaders)

    # Publication, money, filing.
    publish(tmp_path / "one", "office1", "office2")
    cycle.refresh_from_db()
    assert cycle.stage_now is Stage.PUBLISHED
    assert publication.divide(cycle) == len([a for a in award_queries.decided_awards(cycle) if a.membership])
    package = filing.build(filing.ask_package(by=office, cycle=cycle, start_job=False), office)
    filing.accept_package(
        by=people["archive"], cycle=cycle, number=1, code=package.code, receipt="组备〔2013〕1号"
    )
    cycle.refresh_from_db()
    assert cycle.stage_now is Stage.FILED
    call_command("check_cycle", "2012", stdout=StringIO())
    assert audit.verify() is None
    assert verified_at_home(package.file, tmp_path / "package") == 0

    # After filing nothing but a revocation, with a new list, an edition and a package of its own.
    winner = next(a.membership.unit for a in award_queries.decided_awards(cycle) if a.membership)
    paid = sum(a.amount_fen for a in award_queries.decided_awards(cycle) if a.membership)
    Finding.objects.create(
        cycle=cycle,
        unit=winner,
        what="自评材料与事实不符",
        responsibility="主要负责人检查",
        state=BarState.CONFIRMED,
        proposed_by=leaders[0].user,
        confirmed_by=leaders[1].user,
        on="2013-04-01",
    )
    revoked = award_list.propose_list(by=leaders[0], cycle=cycle, reason="弄虚作假，撤销表彰")
    for computed in award_queries.compute_awards(award_queries.ground_of(cycle)):
        for tie in sorted({seat.held for seat in computed.proposal.seats if seat.held}):
            award_list.settle_tie(
                by=leaders[0],
                cycle=cycle,
                scheme_id=computed.scheme.pk,
                how="share",
                members=list(tie),
                reason="得分相同，均分",
            )
    revoked.refresh_from_db()
    for leader in leaders:
        award_list.sign_list(by=leader, cycle=cycle, list_id=revoked.pk, digest=revoked.digest)
    settlement = award_queries.settlement_of(cycle)
    now_paid = sum(a.amount_fen for a in award_queries.decided_awards(cycle) if a.membership)
    assert sum(line.take_back_fen for line in settlement if line.payee == winner.name) > 0
    assert now_paid - paid == sum(line.pay_fen - line.take_back_fen for line in settlement)
    publish(tmp_path / "two", "leader1", "leader2", "--reason", "弄虚作假，撤销表彰")
    second = filing.build(filing.ask_package(by=office, cycle=cycle, start_job=False), office)
    filing.accept_package(
        by=people["archive"], cycle=cycle, number=2, code=second.code, receipt="组备〔2013〕2号"
    )

    cycle.refresh_from_db()
    newest = queries.newest(cycle)
    assert newest is not None
    assert (cycle.stage_now, newest.number, Edition.objects.count()) == (Stage.FILED, 2, 2)
    assert publishing.edition_content(newest)["supersedes"]["number"] == 1
    call_command("check_cycle", "2012", stdout=StringIO())
    assert verified_at_home(second.file, tmp_path / "package-two") == 0


def verified_at_home(stored: Any, folder: Path) -> int:
    """Unpacked and checked by its own verifier, without the product."""
    with zipfile.ZipFile(files.path_of(stored.sha256)) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, timeout=120, check=False
    )
    return done.returncode
