"""The hearing, the hand-over, approval by two persons, what voids a draft, and publication with its faults."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awards import edition, queries, reports
from awards.actions import approval, publication
from awards.models import Approval, Draft, Edition, EditionFile
from bonuses.models import Tally
from office import audit, files, pdf
from office.models import AuditEntry
from office.refusal import Refused
from scoring.actions.scores import record_score
from scoring.models import Score, ScoreKind
from tests.awards.years import approved, ready
from tests.cast import Cast
from tests.units.minutes import compared, scanned, typed
from units.models import Membership, Reading
from units.stages import Stage


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as their HTML: setting them is tested in test_reports."""
    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())


def code_of(stopped: pytest.ExceptionInfo[Refused]) -> str:
    return stopped.value.code


def test_the_hearing_is_released_by_the_leading_group_for_what_was_on_the_table(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    digest = queries.joint_digest(queries.everything_now(cast.cycle))

    drafts = approval.decide_hearing(by=cast.hat("leader1"), cycle=cast.cycle, digest=digest, release=True)

    assert [draft.scope for draft in drafts] == ["", "招商引资"]
    assert all(draft.hearing.is_released for draft in drafts)
    assert AuditEntry.objects.latest("number").act == "hearing.released"


def test_a_hearing_over_changed_figures_or_by_the_office_is_refused(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    digest = queries.joint_digest(queries.everything_now(cast.cycle))
    with pytest.raises(Refused) as by_office:
        approval.decide_hearing(by=cast.hat("office1"), cycle=cast.cycle, digest=digest, release=True)
    with pytest.raises(Refused) as silent:
        approval.decide_hearing(by=cast.hat("leader1"), cycle=cast.cycle, digest=digest, release=False)
    cast.score("青山乡", "信访", "1")

    with pytest.raises(Refused) as stale:
        approval.decide_hearing(by=cast.hat("leader1"), cycle=cast.cycle, digest=digest, release=True)

    assert [code_of(by_office), code_of(silent), code_of(stale)] == [
        "not-permitted",
        "no-reason",
        "changed-meanwhile",
    ]


def test_a_hand_over_freezes_every_scope_and_moves_to_approval(cast: Cast) -> None:
    ready(cast)

    drafts = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)

    cast.cycle.refresh_from_db()
    assert cast.cycle.stage_now is Stage.APPROVAL
    assert [draft.scope for draft in drafts] == ["", "招商引资"]
    for draft in drafts:
        assert draft.digest == edition.digest_of(draft.content.encode())


def test_a_missing_cell_stops_the_hand_over_by_name(cast: Cast) -> None:
    ready(cast)
    score = Score.objects.filter(cell=cast.cell("青山乡", "信访")).get()
    score.delete()
    with pytest.raises(Refused, match="青山乡") as missing:
        approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)

    assert code_of(missing) == "not-ready"
    assert not Draft.objects.exists()
    cast.cycle.refresh_from_db()
    assert cast.cycle.stage_now is Stage.RESULTS


def test_the_second_calculation_names_the_cell_and_stops(cast: Cast) -> None:
    ready(cast)
    standing = cast.blocks["乡镇口"].standing
    figures = json.loads(standing.figures)
    figures["final"][0] += 1
    type(standing).objects.filter(pk=standing.pk).update(figures=json.dumps(figures))

    with pytest.raises(Refused, match="青山乡") as stopped:
        approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)

    assert code_of(stopped) == "not-ready"


def test_two_members_approve_exactly_this_draft(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]

    first = approval.approve(by=cast.hat("leader1"), draft_id=draft.pk, digest=draft.digest)
    with pytest.raises(Refused) as twice:
        approval.approve(by=cast.hat("leader1"), draft_id=draft.pk, digest=draft.digest)
    with pytest.raises(Refused) as other:
        approval.approve(by=cast.hat("leader2"), draft_id=draft.pk, digest="0" * 64)
    second = approval.approve(by=cast.hat("leader2"), draft_id=draft.pk, digest=draft.digest)

    assert (first.is_complete, second.is_complete) == (False, True)
    assert [code_of(twice), code_of(other)] == ["same-person", "stale-digest"]
    with pytest.raises(Refused) as again:
        approval.approve(by=cast.hat("leader2"), draft_id=draft.pk, digest=draft.digest)
    assert code_of(again) == "approved-already"


def _change_a_score(cast: Cast) -> None:
    cast.score("青山乡", "信访", "1")


def _change_a_paper(cast: Cast) -> None:
    member = Membership.objects.get(unit__name="青山乡", block__name="乡镇口")
    Tally.objects.update_or_create(membership=member, defaults={"commendations": 10})


def _change_a_rule(cast: Cast) -> None:
    sub = cast.subs["乡镇口", "信访"]
    sub.base_points = 410
    sub.save()


def _change_a_reading(cast: Cast) -> None:
    reading = Reading.objects.get(cycle=cast.cycle, code="R1")
    reading.reason = "另有决定"
    reading.save()


def _change_a_name(cast: Cast) -> None:
    unit = cast.units["青山乡"]
    unit.name = "青山镇"
    unit.save()


@pytest.mark.parametrize(
    "change", [_change_a_score, _change_a_paper, _change_a_rule, _change_a_reading, _change_a_name]
)
def test_any_later_change_voids_the_hand_over_and_is_named(cast: Cast, change: Any) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    approval.approve(by=cast.hat("leader1"), draft_id=draft.pk, digest=draft.digest)

    change(cast)

    draft.refresh_from_db()
    assert draft.voided_at is not None
    assert draft.void_reason
    with pytest.raises(Refused) as stopped:
        approval.approve(by=cast.hat("leader2"), draft_id=draft.pk, digest=draft.digest)
    assert code_of(stopped) == "draft-void"
    assert AuditEntry.objects.filter(act="result.hand-over-voided").exists()


def test_before_approval_the_watch_costs_no_query(cast: Cast) -> None:
    ready(cast).at(Stage.PRELIMINARY_REVIEW)
    cell = cast.cell("青山乡", "信访")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        record_score(by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(5))

    assert not [q for q in asked.captured_queries if "awards_draft" in q["sql"]]


def test_a_returned_draft_goes_back_to_results_with_its_reason(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]

    approval.return_result(by=cast.hat("leader1"), draft_id=draft.pk, reason="请复核信访得分")

    cast.cycle.refresh_from_db()
    draft.refresh_from_db()
    assert (cast.cycle.stage_now, draft.void_reason) == (Stage.RESULTS, "请复核信访得分")


def test_what_somebody_signed_on_screen_is_not_approved_from_the_minutes_too(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    approval.approve(by=cast.hat("leader1"), draft_id=draft.pk, digest=draft.digest)

    with pytest.raises(Refused) as stopped:
        typed(cast, "result-approve", draft.pk)

    assert code_of(stopped) == "approved-already"


def test_minutes_about_a_draft_that_went_stale_bring_nothing_about(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    form = scanned(cast, typed(cast, "result-approve", draft.pk))
    cast.score("青山乡", "信访", "1")

    with pytest.raises(Refused) as stopped:
        compared(cast, form)

    assert code_of(stopped) == "draft-void"
    assert not Approval.objects.exists()


# Publication


def publish(cast: Cast, folder: Path, *more: str) -> None:
    call_command(
        "publish", "2012", "--by", "office1", "--confirmed-by", "office2", "--out", str(folder), *more
    )


@pytest.mark.usefixtures("plain_papers")
def test_publishing_seals_an_edition_that_verifies_from_its_files(cast: Cast, tmp_path: Path) -> None:
    approved(cast)

    publish(cast, tmp_path / "edition")

    cast.cycle.refresh_from_db()
    found = queries.newest(cast.cycle)
    assert found is not None
    assert cast.cycle.stage_now is Stage.PUBLISHED
    assert edition.verify(tmp_path / "edition", found.code) == []
    assert audit.verify() is None
    call_command("verify_edition", str(tmp_path / "edition"), "--code", found.code)
    call_command("check_cycle", "2012")


@pytest.mark.usefixtures("plain_papers")
def test_a_change_to_a_published_folder_is_told_by_the_command(cast: Cast, tmp_path: Path) -> None:
    approved(cast)
    publish(cast, tmp_path / "edition")
    file = tmp_path / "edition" / "edition.json"
    file.write_bytes(file.read_bytes().replace("青山乡".encode(), "青山镇".encode(), 1))

    with pytest.raises(CommandError, match=r"edition\.json") as stopped:
        call_command("verify_edition", str(tmp_path / "edition"))

    assert stopped.value.returncode == 1
    with pytest.raises(CommandError) as no_folder:
        call_command("verify_edition", str(tmp_path / "nothing"))
    assert no_folder.value.returncode == 2


@pytest.mark.usefixtures("plain_papers")
def test_what_is_not_approved_is_not_published(cast: Cast, tmp_path: Path) -> None:
    ready(cast)
    drafts = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)
    for leader in ("leader1", "leader2"):
        approval.approve(by=cast.hat(leader), draft_id=drafts[0].pk, digest=drafts[0].digest)

    with pytest.raises(CommandError, match="招商引资"):
        publish(cast, tmp_path / "edition")

    assert not Edition.objects.exists()
    assert not (tmp_path / "edition").exists()


@pytest.mark.usefixtures("plain_papers")
def test_one_person_alone_cannot_publish(cast: Cast, tmp_path: Path) -> None:
    approved(cast)

    with pytest.raises(CommandError):
        call_command(
            "publish", "2012", "--by", "office1", "--confirmed-by", "office1", "--out", str(tmp_path / "e")
        )
    with pytest.raises(CommandError):
        call_command(
            "publish", "2012", "--by", "leader1", "--confirmed-by", "office1", "--out", str(tmp_path / "e")
        )

    cast.cycle.refresh_from_db()
    assert (cast.cycle.stage_now, Edition.objects.count()) == (Stage.APPROVAL, 0)


@pytest.mark.usefixtures("plain_papers")
def test_a_killed_publish_is_nothing_and_its_retry_has_the_same_digest(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    asked = publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk, start_job=False)
    wanted = edition.digest_of(edition.canonical(publication.edition_content(asked)))
    stored = files.store
    calls: list[str] = []

    def dying(chunks: Any, name: str, by: Any, **more: Any) -> Any:
        calls.append(name)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return stored(chunks, name, by, **more)

    monkeypatch.setattr(files, "store", dying)
    with pytest.raises(KeyboardInterrupt):
        publication.seal(asked, cast.hat("office2"))
    monkeypatch.setattr(files, "store", stored)

    cast.cycle.refresh_from_db()
    assert (cast.cycle.stage_now, EditionFile.objects.count()) == (Stage.APPROVAL, 0)
    assert queries.newest(cast.cycle) is None
    done = publication.seal(Edition.objects.get(pk=asked.pk), cast.hat("office2"))
    again = publication.seal(Edition.objects.get(pk=asked.pk), cast.hat("office2"))
    assert (done.digest, again.digest) == (wanted, wanted)


@pytest.mark.usefixtures("plain_papers")
def test_two_editions_are_never_under_way_at_once(cast: Cast) -> None:
    approved(cast)
    publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)

    with pytest.raises(Refused) as stopped:
        publication.ask_publication(by=cast.hat("office2"), cycle=cast.cycle)

    assert code_of(stopped) == "publication-under-way"


@pytest.mark.usefixtures("plain_papers")
def test_a_full_disk_publishes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    asked = publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk, start_job=False)

    def full(*args: Any, **more: Any) -> Any:
        raise Refused("disk", "No space left on device", status=507)

    monkeypatch.setattr(files, "store", full)
    with pytest.raises(Refused) as stopped:
        publication.seal(asked, cast.hat("office2"))

    cast.cycle.refresh_from_db()
    assert (code_of(stopped), cast.cycle.stage_now) == ("disk", Stage.APPROVAL)


@pytest.mark.usefixtures("plain_papers")
def test_a_later_edition_supersedes_with_a_reason_and_lists_what_changed(cast: Cast, tmp_path: Path) -> None:
    approved(cast)
    publish(cast, tmp_path / "one")
    first = queries.newest(cast.cycle)
    assert first is not None
    with pytest.raises(CommandError):  # nothing was changed yet
        call_command("publish", "2012", "--by", "leader1", "--confirmed-by", "leader2", "--out",
                     str(tmp_path / "two"), "--reason", "更正")  # fmt: skip
    member = Membership.objects.get(unit__name="青山乡", block__name="乡镇口")
    Tally.objects.update_or_create(membership=member, defaults={"is_barred": True})

    call_command("publish", "2012", "--by", "leader1", "--confirmed-by", "leader2", "--out",
                 str(tmp_path / "two"), "--reason", "弄虚作假查实")  # fmt: skip

    second = queries.newest(cast.cycle)
    assert second is not None
    assert (second.number, second.supersedes, second.reason) == (2, first, "弄虚作假查实")
    changed = queries.differences_to_before(second)
    assert "/results/blocks/乡镇口/rows/青山乡/eligible" in {d.where for d in changed}
    assert edition.verify(tmp_path / "one", first.code) == []
    assert edition.verify(tmp_path / "two", second.code) == []
    assert b"eligible" in (tmp_path / "two" / "notice.pdf").read_bytes()


@pytest.mark.usefixtures("plain_papers")
def test_the_page_publishes_by_a_job(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    with django_capture_on_commit_callbacks(execute=True):
        publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk)

    done = Edition.objects.get(pk=asked.pk)
    assert done.sealed_at is not None
    assert done.job is not None
    assert done.job.state == "done"
    assert done.job.result["code"] == done.code


def test_without_pango_or_a_face_the_edition_waits_and_says_why(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    asked = publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk, start_job=False)
    monkeypatch.setattr(pdf, "has_chinese_face", lambda folder: False)

    with pytest.raises(Refused, match="fonts-noto-cjk") as stopped:
        publication.seal(asked, cast.hat("office2"))

    cast.cycle.refresh_from_db()
    assert (code_of(stopped), cast.cycle.stage_now) == ("no-chinese-face", Stage.APPROVAL)


def test_an_edition_is_opened_by_the_office_only(cast: Cast) -> None:
    found = Edition(cycle=cast.cycle, number=1)
    with pytest.raises(Refused) as stopped:
        publication.set_open(by=cast.hat("leader1"), found=found, is_open=True)

    assert code_of(stopped) == "not-permitted"
    assert Approval.objects.count() == 0


def _breaches() -> str:
    with pytest.raises(CommandError) as stopped:
        call_command("check_cycle", "2012")
    return str(stopped.value)


def test_a_score_changed_in_the_database_after_publication_is_found_and_named(
    cast: Cast, tmp_path: Path, plain_papers: None
) -> None:
    approved(cast)
    publish(cast, tmp_path / "edition")

    Score.objects.filter(cell=cast.cell("青山乡", "信访")).update(points=Decimal("1"))

    assert re.search(r"sealed-cells .*青山乡·信访", _breaches().replace("社会管理·", ""))


@pytest.mark.parametrize("what", ["removed", "swapped", "inserted"])
def test_scores_removed_swapped_or_put_in_after_publication_are_named(
    cast: Cast, tmp_path: Path, plain_papers: None, what: str
) -> None:
    approved(cast)
    publish(cast, tmp_path / "edition")
    one, other = (Score.objects.get(cell=cast.cell(unit, "信访")) for unit in ("青山乡", "白水乡"))

    if what == "removed":
        Score.objects.filter(pk=one.pk)._raw_delete("default")
    elif what == "swapped":
        Score.objects.filter(pk=one.pk).update(points=other.points)
        Score.objects.filter(pk=other.pk).update(points=one.points)
    else:
        one.pk, one.kind = None, ScoreKind.LEAD
        Score.objects.bulk_create([one])

    assert "sealed-cells" in _breaches()


def test_an_altered_draft_is_named(cast: Cast, tmp_path: Path, plain_papers: None) -> None:
    drafts = approved(cast)

    Draft.objects.filter(pk=drafts[0].pk).update(content=drafts[0].content.replace("青山乡", "青山镇", 1))

    assert f"draft-digest  awards.Draft {drafts[0].pk}" in _breaches()
