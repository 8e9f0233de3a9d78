"""What only the leading group may decide, entered by the office from signed minutes (E14), row by row of the matrix.

E15, I06 and J02 keep their own ways; they are tested in tests/awards and tests/pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from awards import queries
from awards.actions import approval, rule_changes
from awards.models import Approval, Draft, Edition, Hearing, RuleChange
from awards.rule_drafts import MISSING
from awards.rule_drafts import Draft as RuleDraft
from bonuses.models import BarState, Finding, Veto
from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from scoring.models import AppealPoint, AppraiserFinding, FindingState
from scoring.trial_steps import MissingStep
from tests.awards.test_consequences import mark
from tests.awards.years import approved, ready
from tests.bonuses.papers import equip, scan
from tests.bonuses.test_vetoes import confirmed as confirmed_veto
from tests.bonuses.test_vetoes import proposed as proposed_veto
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in, words_of
from tests.scoring import test_appeals, test_appraisers
from tests.units.minutes import MET, compared, scanned, sheet, typed
from tests.units.test_teams import tie
from units.actions import group_decisions
from units.actions.signing import Minutes
from units.models import Conflict, GroupDecision
from units.stages import Stage

pytestmark = pytest.mark.django_db

OF_A_UNIT = "青山乡"


@dataclass(frozen=True)
class Case:
    """`act` of the log tells that the deed was done; `about_a_unit`: nobody tied to 青山乡 may type or compare."""

    deed: str
    arrange: Callable[[Cast], int]
    stands: Callable[[int], bool]
    act: str
    answer: dict[str, str] = field(default_factory=dict)
    about_a_unit: bool = False


def _tie(cast: Cast) -> int:
    return tie(cast).pk


def _veto(cast: Cast) -> int:
    return proposed_veto(equip(cast), by="lead_市信访局").pk


def _veto_in_force(cast: Cast) -> int:
    return confirmed_veto(equip(cast), by="lead_市信访局").pk


def _finding(cast: Cast) -> int:
    return Finding.objects.create(
        cycle=cast.cycle,
        unit=cast.units[OF_A_UNIT],
        what="虚报数据",
        responsibility="诫勉谈话",
        on="2012-11-01",
        proposed_by=cast.people["leader1"],
    ).pk


def _appraiser(cast: Cast) -> int:
    return test_appraisers.put(test_appraisers.give_scores(cast), by="leader1").pk


def _appraiser_in_force(cast: Cast) -> int:
    return test_appraisers.confirmed(test_appraisers.give_scores(cast)).pk


def _point(cast: Cast) -> int:
    year = mark(equip(cast)).at(Stage.RESULTS)
    return test_appeals.point_of(test_appeals.checked(year, reviewer="mayor")).pk


def _draft(cast: Cast) -> int:
    ready(cast)
    return approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0].pk


def _hearing(cast: Cast) -> int:
    return ready(cast).at(Stage.HEARING).cycle.pk


CASES = [
    Case("conflict-lift", _tie, lambda pk: Conflict.objects.get(pk=pk).lifted_at is not None, "conflict.lifted", about_a_unit=True),
    Case("veto-confirm", _veto, lambda pk: Veto.objects.get(pk=pk).state == BarState.CONFIRMED, "veto.confirmed", about_a_unit=True),
    Case("veto-reject", _veto, lambda pk: Veto.objects.get(pk=pk).state == BarState.REJECTED, "veto.rejected", about_a_unit=True),
    Case("veto-lift", _veto_in_force, lambda pk: Veto.objects.get(pk=pk).state == BarState.LIFTED, "veto.lifted", about_a_unit=True),
    Case("misconduct-confirm", _finding, lambda pk: Finding.objects.get(pk=pk).state == BarState.CONFIRMED, "misconduct.confirmed", about_a_unit=True),
    Case("misconduct-reject", _finding, lambda pk: Finding.objects.get(pk=pk).state == BarState.REJECTED, "misconduct.rejected", about_a_unit=True),
    Case("appraiser-confirm", _appraiser, lambda pk: AppraiserFinding.objects.get(pk=pk).state == FindingState.CONFIRMED, "appraiser.confirmed"),
    Case("appraiser-reject", _appraiser, lambda pk: AppraiserFinding.objects.get(pk=pk).state == FindingState.REJECTED, "appraiser.rejected"),
    Case("appraiser-lift", _appraiser_in_force, lambda pk: AppraiserFinding.objects.get(pk=pk).state == FindingState.LIFTED, "appraiser.lifted"),
    Case(
        "appeal-point",
        _point,
        lambda pk: AppealPoint.objects.get(pk=pk).after == "100",
        "appeal.point-decided",
        answer={"outcome": "upheld", "score_kind": "preliminary", "score_points": "100"},
        about_a_unit=True,
    ),
    Case("result-approve", _draft, lambda pk: Approval.objects.get(draft=pk).is_complete, "result.approved"),
    Case("result-return", _draft, lambda pk: Draft.objects.get(pk=pk).voided_at is not None, "result.returned"),
    Case("hearing-release", _hearing, lambda pk: Hearing.objects.filter(draft__cycle=pk, is_released=True).exists(), "hearing.released"),
    Case("hearing-return", _hearing, lambda pk: Hearing.objects.filter(draft__cycle=pk, is_released=False).exists(), "hearing.returned"),
]  # fmt: skip


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.deed)
def test_one_of_the_office_types_another_compares_with_the_scan_and_the_log_names_the_minutes(
    cast: Cast, case: Case
) -> None:
    about = case.arrange(cast)
    before = case.stands(about) if case.deed != "result-approve" else False
    decision = typed(cast, case.deed, about, **case.answer)
    without_scan = code_of(lambda: compared(cast, sheet(cast, decision)))
    form = scanned(cast, decision)
    same = code_of(lambda: compared(cast, form, by="office1"))
    by_leader = code_of(lambda: compared(cast, form, by="leader1"))

    compared(cast, form)

    told = json.loads(AuditEntry.objects.filter(act=case.act).latest("number").details)["minutes"]
    decision.refresh_from_db()
    assert not before
    assert case.stands(about)
    assert (without_scan, same, by_leader) == ("no-scan", "same-person", "not-permitted")
    assert (told["chair"], told["typed_by"], told["form"]) == ("组长", "office1", form.code)
    assert decision.state == GroupDecision.State.IN_FORCE
    assert str(decision.compared_by) == "office2"
    assert decision.minutes is not None
    assert decision.minutes.sha256 == told["scan"]
    assert audit.verify() is None


@pytest.mark.parametrize("case", [c for c in CASES if c.about_a_unit], ids=lambda case: case.deed)
def test_whoever_is_tied_to_the_unit_neither_types_nor_compares(cast: Cast, case: Case) -> None:
    about = case.arrange(cast)
    form = scanned(cast, typed(cast, case.deed, about, **case.answer))
    for name in ("office1", "office2"):
        Conflict.objects.create(
            cycle=cast.cycle, user=cast.people[name], unit=cast.units[OF_A_UNIT], reason="亲属"
        )

    compares = code_of(lambda: compared(cast, form))
    GroupDecision.objects.update(state=GroupDecision.State.DROPPED)
    types = code_of(lambda: typed(cast, case.deed, about, **case.answer))

    assert (types, compares) == ("own-unit", "own-unit")


@pytest.mark.parametrize("deed", ["veto-confirm", "misconduct-confirm", "appraiser-confirm"])
def test_who_proposed_it_does_not_compare_it(cast: Cast, deed: str) -> None:
    case = next(one for one in CASES if one.deed == deed)
    about = case.arrange(cast)
    model = {"veto": Veto, "misconduct": Finding, "appraiser": AppraiserFinding}[deed.partition("-")[0]]
    model._default_manager.filter(pk=about).update(proposed_by=cast.people["office2"])
    form = scanned(cast, typed(cast, deed, about))

    assert code_of(lambda: compared(cast, form)) == "same-person"


def test_about_oneself_nothing_is_typed_from_the_minutes(cast: Cast) -> None:
    row = tie(cast)
    Conflict.objects.filter(pk=row.pk).update(user=cast.people["office1"], unit=cast.units["白水乡"])
    finding = _appraiser(cast)
    AppraiserFinding.objects.filter(pk=finding).update(person=cast.people["office2"])
    form = scanned(cast, typed(cast, "appraiser-confirm", finding))

    typing = code_of(lambda: typed(cast, "conflict-lift", row.pk))
    comparing = code_of(lambda: compared(cast, form))

    assert (typing, comparing) == ("own-unit", "about-oneself")


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ({"chair": " "}, "minutes-incomplete"),
        ({"present": ""}, "minutes-incomplete"),
        ({"met_on": None}, "minutes-incomplete"),
        ({"met_on": "ahead"}, "meeting-ahead"),
    ],
)
def test_a_meeting_that_is_not_named_whole_is_refused(
    cast: Cast, lacking: dict[str, str | None], code: str
) -> None:
    changed: dict[str, Any] = {k: date(9999, 1, 1) if v == "ahead" else v for k, v in lacking.items()}
    meeting = replace(MET, **changed)
    row = tie(cast)

    said = code_of(
        lambda: group_decisions.enter(
            by=cast.hat("office1"),
            cycle=cast.cycle,
            deed_key="conflict-lift",
            about_id=row.pk,
            meeting=meeting,
            typed={"reason": "离任"},
        )
    )

    assert said == code


def test_one_entry_about_a_thing_at_a_time_and_a_withdrawn_one_makes_room(cast: Cast) -> None:
    row = tie(cast)
    first = typed(cast, "conflict-lift", row.pk)
    form = scanned(cast, first)
    again = code_of(lambda: typed(cast, "conflict-lift", row.pk, by="office2"))

    group_decisions.drop(by=cast.hat("office2"), cycle=cast.cycle, decision_id=first.pk)

    second = typed(cast, "conflict-lift", row.pk, by="office2")
    assert again == "entered-already"
    assert second.pk != first.pk
    assert code_of(lambda: compared(cast, form)) == "form-void"
    assert Conflict.objects.get(pk=row.pk).lifted_at is None


def test_a_thing_decided_on_screen_meanwhile_is_not_decided_again(cast: Cast) -> None:
    from units.actions import conflicts

    row = tie(cast)
    form = scanned(cast, typed(cast, "conflict-lift", row.pk))
    conflicts.propose_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason="离任")
    conflicts.confirm_lifting(by=cast.hat("leader2"), cycle=cast.cycle, conflict_id=row.pk)

    assert code_of(lambda: compared(cast, form)) == "already-lifted"
    assert signed_in(cast.people["office2"]).get(f"{YEAR}forms/{form.code}/").status_code == 200


def test_a_correction_after_publication_is_entered_from_the_minutes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awards import reports
    from awards.actions import publication
    from office.models import Job

    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())
    approved(cast)
    first = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    publication.confirm_publication(by=cast.hat("office2"), edition_id=first.pk, start_job=False)
    publication.seal(Edition.objects.get(), cast.hat("office2"))
    cast.cycle.refresh_from_db()
    finding = _finding(cast)
    confirmed_form = scanned(cast, typed(cast, "misconduct-confirm", finding))
    compared(cast, confirmed_form)  # §8(4): in force also after publication

    form = scanned(cast, typed(cast, "edition-correct", first.pk))
    same = code_of(lambda: compared(cast, form, by="office1"))
    compared(cast, form)

    second = Edition.objects.get(number=2)
    row = Approval.objects.filter(draft__in=second.drafts.all()).first()
    assert same == "same-person"
    assert row is not None
    assert (str(second.asked_by), str(second.confirmed_by), row.way) == ("office1", "office2", "minutes")
    assert row.minutes is not None
    job = Job.objects.get()
    assert job.owner == cast.people["office2"]
    publication.seal(second, cast.hat("office2"))
    assert queries.newest(cast.cycle) == second


def test_a_missing_cell_is_decided_from_the_minutes_by_two_without_a_tie(cast: Cast) -> None:
    cast.at(Stage.RESULTS)
    cell = cast.cell("青山乡", "安全")
    step = MissingStep(cell.membership_id, cell.sub_item_id, "zero")
    draft = RuleDraft(kind=MISSING, steps=[step], reason="会议决定")
    minutes = Minutes(MET.met_on or date(2012, 12, 28), MET.chair, MET.present, scan(cast))

    def type_it() -> RuleChange:
        return rule_changes.propose(by=cast.hat("office1"), cycle=cast.cycle, draft=draft, minutes=minutes)

    row = type_it()
    same = code_of(lambda: rule_changes.confirm(by=cast.hat("office1"), cycle=cast.cycle, change_id=row.pk))
    for name in ("office1", "office2"):
        Conflict.objects.create(
            cycle=cast.cycle, user=cast.people[name], unit=cast.units[OF_A_UNIT], reason="亲属"
        )
    tied = code_of(lambda: rule_changes.confirm(by=cast.hat("office2"), cycle=cast.cycle, change_id=row.pk))

    assert (same, tied, code_of(type_it)) == ("same-person", "own-unit", "own-unit")


# Pages --------------------------------------------------------------------------------------------


def test_the_whole_way_over_the_pages(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.bonuses.papers import pdf

    row = tie(cast)
    office1, office2 = signed_in(cast.people["office1"]), signed_in(cast.people["office2"])
    page = f"{YEAR}minutes/conflict-lift/{row.pk}/"
    sent = {"met_on": "2012-12-28", "chair": "组长", "present": "四人", "reason": "离任已满三年"}

    teams = body(office1.get(f"{YEAR}teams/"))
    shown = office1.get(page)
    bad = office1.post(page, sent | {"chair": ""})
    scan = SimpleUploadedFile("纪要.pdf", pdf("会议纪要"))
    entered = office1.post(page, sent | {"scan": scan}, follow=True)
    address = entered.redirect_chain[-1][0]
    mine = body(entered)
    theirs = body(office2.get(address))
    digest = theirs.split('name="digest" value="')[1].split('"')[0]
    done = office2.post(f"{address}compare/", {"compared": "1", "digest": digest}, follow=True)

    assert page in teams
    assert (shown.status_code, bad.status_code) == (200, 422)
    assert "离任已满三年" in body(bad)
    assert "<iframe" in theirs
    assert "compare/" not in mine
    assert done.status_code == 200
    assert Conflict.objects.get(pk=row.pk).lifted_at is not None


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("office1", 200),
        ("leader1", 403),
        ("official_青山乡", 403),
        ("reviewer1", 403),
        ("lead_市信访局", 403),
        ("mayor", 403),
        ("auditor", 403),
    ],
)
def test_only_the_office_opens_the_door_of_minutes(cast: Cast, person: str, status: int) -> None:
    row = tie(cast)

    got = signed_in(cast.people[person]).get(f"{YEAR}minutes/conflict-lift/{row.pk}/")

    assert got.status_code == status


@pytest.mark.parametrize(
    "address", ["minutes/nothing/1/", "minutes/conflict-lift/99999/", "minutes/veto-confirm/1/"]
)
def test_what_is_not_there_is_404(cast: Cast, address: str) -> None:
    assert signed_in(cast.people["office1"]).get(f"{YEAR}{address}").status_code == 404


def test_the_units_people_see_nothing_of_what_is_decided_about_them(cast: Cast) -> None:
    form = scanned(cast, typed(cast, "veto-confirm", _veto(cast)))

    for person in ("official_青山乡", "principal_青山乡", "lead_市信访局"):
        client = signed_in(cast.people[person])
        assert client.get(f"{YEAR}forms/{form.code}/").status_code == 404
        assert form.code not in body(client.get(f"{YEAR}forms/"))


@pytest.mark.parametrize(
    ("case", "page"),
    [
        ("conflict-lift", "teams/"),
        ("veto-confirm", "vetoes/"),
        ("misconduct-confirm", "vetoes/"),
        ("appraiser-confirm", "appraisers/"),
        ("result-approve", "approval/"),
        ("hearing-release", "hearing/"),
    ],
)
def test_the_page_of_the_thing_shows_the_way_to_the_minutes(cast: Cast, case: str, page: str) -> None:
    about = next(one for one in CASES if one.deed == case).arrange(cast)

    shown = body(signed_in(cast.people["office1"]).get(f"{YEAR}{page}"))
    to_leader = body(signed_in(cast.people["leader1"]).get(f"{YEAR}{page}"))

    assert f"{YEAR}minutes/{case}/{about}/" in shown
    assert "/minutes/" not in to_leader


def test_an_appeal_that_moves_a_place_shows_the_office_the_way_and_who_moves(cast: Cast) -> None:
    pk = _point(cast)
    point = AppealPoint.objects.get(pk=pk)
    office = signed_in(cast.people["office1"])

    shown = body(office.get(f"{YEAR}appeals/{point.appeal_id}/"))
    form = scanned(
        cast, typed(cast, "appeal-point", pk, outcome="upheld", score_kind="preliminary", score_points="100")
    )
    page = signed_in(cast.people["office2"]).get(f"{YEAR}forms/{form.code}/")
    unseen = signed_in(cast.people["office2"]).post(
        f"{YEAR}forms/{form.code}/compare/", {"compared": "1", "digest": "x", "seen": "other"}
    )

    assert f"minutes/appeal-point/{pk}/" in shown
    assert "东河镇 3 → 2" in words_of(page)
    assert unseen.status_code == 409
    assert point.after == ""
