"""The demo year: who and what is in it, that it keeps the rules, and when it is refused.

That its pages can be looked at is told by the tests of the pages.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from appraisal_site.demo import figures, people, scores, windows
from appraisal_site.desk.year_ago import year_ago
from awards import award_queries, edition
from awards import queries as edition_queries
from awards.models import Approval, Filing
from office import audit, files, pdf
from office.models import AuditEntry, User
from scoring import queries, sheets
from scoring.engine import standing as engine
from scoring.models import Appeal, Cell, Deduction, Involvement, Score, ScoreKind
from units.hats import hats_of
from units.matrix import Role
from units.models import Block, Cycle, StageWindow, Team, Unit
from units.stages import Stage

pytestmark = pytest.mark.slow  # one filled year for the whole module


@dataclass(frozen=True)
class Filled:
    cycle: Cycle
    report: dict[str, Any]
    first_run: dict[str, Any]  # the standing of the same seed, made and thrown away before
    folder: Path


def run(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("demo", as_json=True, stdout=out, **{"only_this_year": True} | options)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def without_versions(standing: dict[str, Any]) -> dict[str, Any]:
    return {**standing, "blocks": [{**block, "version": 0} for block in standing["blocks"]]}


@pytest.fixture(scope="module")
def filled(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """The demo year, made twice by the same seed; what the tests do to it is rolled back."""
    folder = tmp_path_factory.mktemp("var")
    before, site.VAR_DIR = site.VAR_DIR, folder
    own = override_settings(MEDIA_ROOT=folder / "media")
    with own, django_db_blocker.unblock(), transaction.atomic():
        with transaction.atomic():
            run(seed=7)
            first_run = queries.standing_object(Cycle.objects.get())
            transaction.set_rollback(True)
        report = run(seed=7)
        yield Filled(Cycle.objects.get(), report, first_run, folder)
        transaction.set_rollback(True)
    site.VAR_DIR = before


@pytest.fixture
def demo(filled: Filled, db: None, settings: Any) -> Filled:
    settings.MEDIA_ROOT = filled.folder / "media"
    return filled


def test_the_year_is_marked_fictional_and_stands_at_preliminary_review(demo: Filled) -> None:
    assert (demo.cycle.code, demo.cycle.is_demo, demo.cycle.stage) == ("2012", True, Stage.PRELIMINARY_REVIEW)


def test_81_units_stand_in_three_blocks_and_the_tracks_are_filled_too(demo: Filled) -> None:
    standing = queries.standing_object(demo.cycle)

    assert [(b["name"], len(b["rows"])) for b in standing["blocks"]] == [
        ("乡镇口", 15),
        ("市委党群口", 23),
        ("市直单位口", 43),
        ("招商引资", 22),
        ("旅游开发", 19),
        ("城市建设", 14),
    ]


def test_every_cell_has_a_self_score_nearly_all_a_lead_score_two_thirds_a_preliminary_one(
    demo: Filled,
) -> None:
    count = demo.report["scores"]

    assert demo.report["cells"] == 15 * 27 + 23 * 13 + 43 * 14 + 22 + 19 + 14
    assert count["self"] == demo.report["cells"]
    assert 0.97 < count["lead"] / demo.report["cells"] < 1
    assert 0.55 < count["preliminary"] / demo.report["cells"] < 0.75
    assert "onsite" not in count


def test_some_cells_are_missing_in_every_comprehensive_block_so_that_the_standing_is_provisional(
    demo: Filled,
) -> None:
    standing = queries.standing_object(demo.cycle)

    missing = {b["name"]: sum(row["missing"] for row in b["rows"]) for b in standing["blocks"]}
    assert standing["provisional"]
    assert all(missing[name] >= 3 for name in ("乡镇口", "市委党群口", "市直单位口"))
    assert sum(missing.values()) == demo.report["missing"]


def test_not_involved_is_confirmed_by_another_person_and_some_wait(demo: Filled) -> None:
    marked = Cell.objects.exclude(involvement=Involvement.NONE).select_related(
        "proposed_by", "involvement_decided_by"
    )
    confirmed = [c for c in marked if c.involvement == Involvement.CONFIRMED]
    proposed = [c for c in marked if c.involvement == Involvement.PROPOSED]

    assert (len(confirmed), len(proposed)) == (demo.report["not_involved"], demo.report["proposed"])
    assert len(confirmed) >= 8
    assert len(proposed) == 2
    assert {str(c.involvement_decided_by.username) for c in confirmed if c.involvement_decided_by} == {
        "office2"
    }
    assert "office1" in {c.proposed_by.username for c in confirmed if c.proposed_by}
    assert all(c.proposed_by_id != c.involvement_decided_by_id for c in confirmed)
    assert all(c.involvement_reason for c in marked)


def test_no_item_is_all_equal_and_a_zero_is_not_a_missing_mark(demo: Filled) -> None:
    standing = queries.standing_object(demo.cycle)

    for block in standing["blocks"]:
        for n in range(len(block["rows"][0]["items"])):
            assert len({row["items"][n]["base"] for row in block["rows"]}) > len(block["rows"]) // 4
    assert Score.objects.filter(kind=ScoreKind.LEAD, points=0).count() == 1


def test_two_units_share_a_final_place_in_two_comprehensive_blocks(demo: Filled) -> None:
    standing = queries.standing_object(demo.cycle)

    shared = {b["name"]: [r["unit"] for r in b["rows"] if r["shared"]] for b in standing["blocks"]}
    assert all(len(shared[name]) >= 2 for name in ("市委党群口", "市直单位口"))


def test_nobody_scored_itself_and_every_hand_holds_the_right_for_it(demo: Filled) -> None:
    team_units = {
        user: units
        for user in User.objects.filter(username__startswith="reviewer")
        for units in [hats_of(user)[0].team_unit_ids(demo.cycle.pk)]
    }
    roles = {r.user_id: r for user in User.objects.all() for r in user.roles.select_related("unit")}
    wrong = []
    for score in Score.objects.select_related("cell__membership", "cell__sub_item", "entered_by"):
        unit_id, lead_id = score.cell.membership.unit_id, score.cell.sub_item.lead_id
        hand = roles[score.entered_by_id]
        right = {
            ScoreKind.SELF: hand.role == Role.OFFICIAL and hand.unit_id == unit_id,
            ScoreKind.LEAD: (
                hand.role == Role.OFFICE and score.by_office
                if lead_id == unit_id
                else hand.role == Role.LEAD and hand.unit_id == lead_id and not score.by_office
            ),
            ScoreKind.PRELIMINARY: hand.role == Role.REVIEWER
            and unit_id in team_units.get(score.entered_by, frozenset()),
        }[ScoreKind(score.kind)]
        if not right:
            wrong.append(str(score))

    assert wrong == []
    assert Score.objects.filter(by_office=True, kind=ScoreKind.LEAD).count() >= 10


def test_every_mark_is_in_range_and_equals_its_lines_of_deduction(demo: Filled) -> None:
    off: dict[int, Any] = {}
    for line in Deduction.objects.select_related("score"):
        assert line.reason
        assert line.on or line.score.kind == ScoreKind.SELF  # a unit need not say on which day it lost points
        off[line.score_id] = off.get(line.score_id, 0) + line.points

    assert len(off) > 1500
    for score in Score.objects.select_related("cell__sub_item"):
        base = score.cell.sub_item.base_points
        assert 0 <= score.points <= base
        if score.pk in off:
            assert score.points == base - off[score.pk]


def test_the_stored_standing_is_the_engines_answer_on_the_named_sheet(demo: Filled) -> None:
    for block in Block.objects.filter(cycle=demo.cycle).select_related("cycle"):
        assert engine.compute(sheets.named_sheet(block)).as_dict() == queries.standing_of(block).as_dict()


def test_the_same_seed_gives_the_same_standing(demo: Filled) -> None:
    assert without_versions(queries.standing_object(demo.cycle)) == without_versions(demo.first_run)


def test_another_seed_gives_other_marks(demo: Filled) -> None:
    frames = scores.frames(demo.cycle)

    assert figures.draw(frames, 7) == figures.draw(frames, 7)
    assert figures.draw(frames, 7) != figures.draw(frames, 8)


@pytest.mark.parametrize("seed", range(1, 9))
def test_any_seed_gives_marks_within_range_and_lines_that_add_up(demo: Filled, seed: int) -> None:
    bases = {
        (frame.block, rule.name): rule.base for frame in scores.frames(demo.cycle) for rule in frame.rules
    }
    for (block, _unit, sub), marks in figures.draw(scores.frames(demo.cycle), seed).items():
        base = bases[block, sub]
        for mark in (marks.own, marks.lead, marks.preliminary, marks.onsite):
            if mark is None:
                continue
            assert 0 <= mark.points <= base
            assert all(line.off > 0 for line in mark.lines)
            assert not mark.lines or sum(line.off for line in mark.lines) == base - mark.points


def test_the_log_is_whole_and_names_the_hands(demo: Filled) -> None:
    acts = list(AuditEntry.objects.values_list("act", flat=True))

    assert audit.verify() is None
    assert acts.count("cycle.moved") == 4
    assert (
        AuditEntry.objects.filter(act="not-involved.confirmed")
        .values_list("user_id_text", flat=True)
        .distinct()
        .get()
        == "office2"
    )


def test_every_role_has_its_accounts_with_the_one_printed_password(demo: Filled) -> None:
    wanted = {"office1", "office2", "leader1", "leader2", "mayor", "reviewer1", "lead_信访局", "lead_考评办"}
    wanted |= {
        "official_青山乡",
        "principal_青山乡",
        "official_市委办",
        "official_景区管委会",
        "official_工口",
    }
    wanted |= {"archive", "sysadmin", "secadmin", "auditor"}
    users = {user.username: user for user in User.objects.all()}

    assert wanted <= set(users)
    assert all(hats_of(users[name]) for name in wanted)
    assert User.objects.filter(username__startswith="principal_").count() == 81 + 2 + 5
    assert len({user.password for user in users.values()}) == 1
    assert check_password(demo.report["password"], users["mayor"].password)
    assert [u.username for u in users.values() for r in u.roles.all() if r.is_head] == ["leader1"]


def test_the_password_is_kept_for_its_owner_only_and_printed_again(demo: Filled) -> None:
    kept = demo.folder / "demo_password"
    out = StringIO()

    call_command("demo", accounts=True, stdout=out)

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() == demo.report["password"]
    assert demo.report["password"] in out.getvalue()


def test_account_names_are_unique_and_leave_out_the_leading_character_only_where_sense_stays() -> None:
    named = {
        name: people.account_name(Unit(name=name))
        for name in ("市信访局", "市委办", "市直机关工委", "青山乡")
    }

    assert named == {
        "市信访局": "信访局",
        "市委办": "市委办",
        "市直机关工委": "市直机关工委",
        "青山乡": "青山乡",
    }


def test_four_teams_look_at_every_unit_and_a_tied_reviewer_not_at_the_tied_one(demo: Filled) -> None:
    looked_at = [unit for team in Team.objects.all() for unit in team.units.all()]
    tied = Unit.objects.get(name=people.TIED_UNIT)
    cells = Score.objects.filter(kind=ScoreKind.PRELIMINARY, cell__membership__unit=tied)

    assert len(looked_at) == len(set(looked_at)) == len(people.contestants(demo.cycle)) == 88
    assert cells.exists()
    assert not cells.filter(entered_by__username=people.TIED_REVIEWER).exists()


def test_contacts_can_be_nobodys(demo: Filled) -> None:
    units = people.contestants(demo.cycle)

    assert all(u.contact and u.principal and u.superior_leader for u in units)
    assert all(u.mobile.startswith("000-") and u.office_phone.startswith("0000-") for u in units)


def test_today_lies_in_the_window_of_the_running_stage_and_windows_follow_each_other(demo: Filled) -> None:
    found = list(StageWindow.objects.filter(cycle=demo.cycle).order_by("opens_on"))
    running = windows.spans(date(2026, 3, 2), Stage.PRELIMINARY_REVIEW, {})[Stage.PRELIMINARY_REVIEW]

    assert [w.stage for w in found] == [str(stage) for stage in Stage]
    assert all(a.closes_on < b.opens_on for a, b in pairwise(found))
    # A Monday: six days back, seven working days on.
    assert running == (date(2026, 2, 24), date(2026, 3, 11))


def test_a_second_run_changes_nothing(demo: Filled) -> None:
    entries = AuditEntry.objects.count()

    report = run()

    assert report["is_new"] is False
    assert report["seed"] == 7
    assert AuditEntry.objects.count() == entries


def test_another_seed_over_the_same_year_is_refused(demo: Filled) -> None:
    with pytest.raises(CommandError, match="7"):
        run(seed=8)


def test_a_score_of_another_hand_is_not_written_over(demo: Filled) -> None:
    score = Score.objects.filter(kind=ScoreKind.LEAD, points__gt=1).first()
    assert score is not None
    score.points -= 1
    score.save()

    with pytest.raises(CommandError, match="2012"):
        run(stage="approved")
    score.refresh_from_db()

    assert Cycle.objects.get().stage == Stage.PRELIMINARY_REVIEW


def test_completed_it_is_approved_by_two_members_with_its_awards_decided(demo: Filled) -> None:
    report = run(stage="approved")

    cycle = Cycle.objects.get()
    standing = queries.standing_object(cycle)
    assert not standing["provisional"]
    assert (report["missing"], report["proposed"], report["stage"]) == (0, 0, "approval")
    assert Approval.objects.filter(draft__cycle=cycle, second_at__isnull=False).count() == 4
    given = [award for award in award_queries.decided_awards(cycle) if award.membership is not None]
    people_of = award_queries.individuals_of(cycle)
    total = sum(a.amount_fen for a in given) + sum(one.prize.amount_fen for one in people_of)
    assert (len(people_of), total) == (12, 52_800_000)
    assert Score.objects.filter(kind=ScoreKind.ONSITE).count() > 100
    assert Cell.objects.filter(involvement=Involvement.REJECTED).count() == 1
    for block in Block.objects.filter(cycle=cycle).select_related("cycle"):
        assert engine.compute(sheets.named_sheet(block)).as_dict() == queries.standing_of(block).as_dict()
    assert_an_appeal_swapped_two_others(cycle)
    assert audit.verify() is None
    assert run(stage="approved")["is_new"] is False


def assert_an_appeal_swapped_two_others(cycle: Cycle) -> None:
    """The first appeal is corrected once; the places that moved are others', as listed before it was signed."""
    appeal = Appeal.objects.get(cycle=cycle, number=1)
    point = appeal.points.get()
    moved = {
        m["unit"]: (int(m["before"]), int(m["after"])) for m in point.consequences if m["aspect"] == "rank"
    }
    assert (appeal.state, point.outcome) == ("decided", "upheld")
    assert len(moved) >= 2
    assert appeal.about.name not in moved
    assert {before for before, _after in moved.values()} == {after for _before, after in moved.values()}
    entry = AuditEntry.objects.get(number=point.entry or 0)
    assert (entry.act, audit.details_of(entry)["consequences"]) == ("score.recorded", point.consequences)
    assert set(Appeal.objects.filter(cycle=cycle).values_list("state", flat=True)) == {"decided", "answered"}


def test_the_year_before_is_filed_with_its_sealed_edition(
    demo: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())

    report = run(only_this_year=False)

    last = Cycle.objects.get(code="2011")
    assert (report["last_year"], report["waits"], last.is_demo, last.stage) == ("2011", "", True, "filed")
    newest = edition_queries.newest(last)
    assert newest is not None
    folder = tmp_path / "edition"
    folder.mkdir()
    for row in newest.files.select_related("file"):
        (folder / row.name).write_bytes(files.read(row.file))
    assert edition.verify(folder, newest.code) == []
    filed = Filing.objects.get(cycle=last)
    assert (filed.is_accepted, filed.edition_id) == (True, newest.pk)
    call_command("check_cycle", "2011", stdout=StringIO())
    call_command("check_cycle", "2012", stdout=StringIO())
    ranks = [
        {row["unit"]: row["rank"] for row in queries.standing_object(cycle)["blocks"][0]["rows"]}
        for cycle in (last, Cycle.objects.get(code="2012"))
    ]
    assert set(ranks[0]) == set(ranks[1])
    assert ranks[0] != ranks[1]
    weeks = {
        hat.user.username: year_ago(hat, demo.cycle, timezone.localdate())
        for hat in people.recall(demo.cycle).hats.values()
        if hat.role in {Role.OFFICIAL, Role.PRINCIPAL}
    }
    assert len(weeks) == 2 * len(people.contestants(demo.cycle))
    assert [name for name, week in weeks.items() if week is None or not week.finished] == []
    lead = year_ago(people.recall(demo.cycle).hats["lead_信访局"], demo.cycle, timezone.localdate())
    assert lead is not None
    assert [label for _at, label in lead.finished] == ["责任单位测评"]
    assert run(only_this_year=False)["is_new"] is False


def test_reminders_go_by_mail_to_addresses_that_never_take_one(demo: Filled, mailoutbox: list[Any]) -> None:
    out = StringIO()
    call_command("remind", "--cycle", "2012", "--json", stdout=out)

    (report,) = json.loads(out.getvalue())["years"]
    assert report["mails"]["sent"] == len(mailoutbox) > 0
    assert report["mails"]["without_address"] == 0
    assert {one.to[0].partition("@")[2] for one in mailoutbox} == {"demo.invalid"}
    assert len(set(User.objects.values_list("email", flat=True))) == User.objects.count()


def test_without_pango_the_year_before_waits_and_everything_else_is_there(
    demo: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "has_chinese_face", lambda folder: False)

    report = run(only_this_year=False)

    assert "fonts-noto-cjk" in report["waits"]
    assert Cycle.objects.get(code="2011").stage == Stage.APPROVAL
