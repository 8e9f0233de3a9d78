"""What an act would move, seen before it is signed: worked swaps, papers, vetoes, and the list that is kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from awards.models import AwardScheme, PrizeLine
from bonuses.actions import adjustments, vetoes
from bonuses.models import Adjustment, AdjustmentState
from office import audit
from office.models import AuditEntry
from office.ports import Change, Move, consequences
from office.refusal import Refused
from scoring.actions import scores
from scoring.models import Score, ScoreKind
from scoring.queries import standing_of
from tests.bonuses.papers import claim, equip, verified
from tests.bonuses.test_vetoes import confirmed, proposed
from tests.cast import Cast
from tests.pages.reading import grow
from units import foresight
from units.models import Reopening
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"

# Two items: 决战园区 600/100 and 社会管理 400/1000 (信访 400 + 安全 600).
#            决战园区  社会管理   before: first 80 and 1000          after: first 100
# 青山乡       80       1000     600.00 + 400.00 = 1000.00 (1)     600.00 + 400.00 = 1000.00 (1)
# 白水乡       78        800     585.00 + 320.00 =  905.00 (2)     468.00 + 320.00 =  788.00 (3)
# 东河镇       70        935     525.00 + 374.00 =  899.00 (3)     420.00 + 374.00 =  794.00 (2)
MARKS = {
    "青山乡": ("80", "400", "600"),
    "白水乡": ("78", "320", "480"),
    "东河镇": ("70", "374", "561"),
}
SWAP = (
    Move("白水乡", "final", "905.00", "788.00", "乡镇口"),
    Move("白水乡", "rank", "2", "3", "乡镇口"),
    Move("东河镇", "final", "899.00", "794.00", "乡镇口"),
    Move("东河镇", "rank", "3", "2", "乡镇口"),
)


def mark(cast: Cast) -> Cast:
    """The worked city above."""
    for unit, (park, letters, safety) in MARKS.items():
        cast.score(unit, "决战园区", park)
        cast.score(unit, "信访", letters)
        cast.score(unit, "安全", safety, kind=ScoreKind.ONSITE)
    return cast


@pytest.fixture
def year(cast: Cast) -> Cast:
    return mark(equip(cast)).at(Stage.RESULTS)


def prize(cast: Cast, *grades: tuple[str, int]) -> AwardScheme:
    scheme = AwardScheme.objects.create(
        cycle=cast.cycle, name="综合先进", kind="综合", rests_on=["总分"], order=1
    )
    scheme.blocks.set([cast.blocks["乡镇口"]])
    for order, (grade, fen) in enumerate(grades):
        PrizeLine.objects.create(scheme=scheme, grade=grade, count=1, amount_fen=fen, order=order)
    return scheme


def raised(cast: Cast, points: str = "100", unit: str = "青山乡") -> Change:
    cell = scores.load_cell(cast.cell(unit, "决战园区").pk)
    return scores.scoring(cell, ScoreKind.PRELIMINARY, Decimal(points))


def places(cast: Cast) -> dict[str, tuple[int, int]]:
    return {row.unit: (row.rank, row.final) for row in standing_of(cast.blocks["乡镇口"]).rows}


def test_a_corrected_first_swaps_two_units_nobody_touched(year: Cast) -> None:
    assert consequences(raised(year)) == SWAP


def test_looking_ahead_writes_nothing(year: Cast) -> None:
    before, entries = places(year), AuditEntry.objects.count()

    consequences(raised(year))

    assert places(year) == before
    assert AuditEntry.objects.count() == entries


def test_what_was_foretold_is_what_then_stands(year: Cast) -> None:
    foretold = consequences(raised(year))

    year.score("青山乡", "决战园区", "100")

    after = places(year)
    assert {m.unit: m.after for m in foretold if m.aspect == "rank"} == {"白水乡": "3", "东河镇": "2"}
    assert after == {"青山乡": (1, 100000), "东河镇": (2, 79400), "白水乡": (3, 78800)}


def test_a_place_that_moves_moves_its_award(year: Cast) -> None:
    prize(year, ("一等奖", 5_000_000), ("二等奖", 4_000_000))

    moves = consequences(raised(year))

    assert moves == (
        *SWAP,
        Move("白水乡", "award", "二等奖", "", "综合先进"),
        Move("东河镇", "award", "", "二等奖", "综合先进"),
    )


def test_a_tie_at_the_last_prize_is_told_as_held(year: Cast) -> None:
    # 决战园区 of 白水乡 at 77.2: 579.00 + 320.00 = 899.00, as 东河镇.
    prize(year, ("一等奖", 5_000_000), ("二等奖", 4_000_000))

    moves = consequences(raised(year, "77.2", "白水乡"))

    awards = [(m.unit, m.before, m.after) for m in moves if m.aspect == "award"]
    assert awards == [("白水乡", "二等奖", "held"), ("东河镇", "", "held")]


def test_a_paper_that_would_count_moves_its_unit_only(year: Cast) -> None:
    row = claim(year, "东河镇")  # 省人民政府: 20

    moves = consequences(adjustments.counting(year.cycle, [row.pk]))

    assert moves == (
        Move("白水乡", "rank", "2", "3", "乡镇口"),
        Move("东河镇", "final", "899.00", "919.00", "乡镇口"),
        Move("东河镇", "rank", "3", "2", "乡镇口"),
    )


def test_a_paper_beyond_the_cap_moves_nothing(year: Cast) -> None:
    for number in range(3):  # 20 + 20 + 20: capped at 50
        verified(year, "东河镇", number=f"省府〔2012〕{number}号")
    row = claim(year, "东河镇", number="省府〔2012〕9号")

    assert consequences(adjustments.counting(year.cycle, [row.pk])) == ()


def test_a_paper_that_would_no_longer_count_gives_the_place_back(year: Cast) -> None:
    row = verified(year, "东河镇")

    moves = consequences(adjustments.dropping(year.cycle, row.pk))

    assert [(m.unit, m.aspect, m.after) for m in moves] == [
        ("白水乡", "rank", "2"),
        ("东河镇", "final", "899.00"),
        ("东河镇", "rank", "3"),
    ]


def test_a_veto_moves_eligibility_and_the_award_but_no_figure(year: Cast) -> None:
    prize(year, ("一等奖", 5_000_000))
    row = proposed(year)

    moves = consequences(vetoes.barring(row, in_force=True))

    assert moves == (
        Move("青山乡", "eligible", "yes", "no", "乡镇口"),
        Move("青山乡", "eligible", "yes", "no", "招商引资"),
        Move("青山乡", "award", "一等奖", "", "综合先进"),
        Move("白水乡", "award", "", "一等奖", "综合先进"),
    )


def test_lifting_the_veto_gives_all_of_it_back(year: Cast) -> None:
    prize(year, ("一等奖", 5_000_000))
    row = confirmed(year)

    moves = consequences(vetoes.barring(row, in_force=False))

    assert [(m.unit, m.aspect, m.after) for m in moves] == [
        ("青山乡", "eligible", "yes"),
        ("青山乡", "eligible", "yes"),
        ("青山乡", "award", "一等奖"),
        ("白水乡", "award", ""),
    ]


def test_a_yellow_card_moves_nothing(year: Cast) -> None:
    row = proposed(year, level="黄牌警告")

    assert consequences(vetoes.barring(row, in_force=True)) == ()


def test_not_involved_moves_the_unit_to_the_mean_of_the_others(year: Cast) -> None:
    # 东河镇 without 决战园区: mean of 80 and 78 is 79; 600 × 79 ÷ 80 = 592.50; + 374.00 = 966.50
    cell = scores.load_cell(year.cell("东河镇", "决战园区").pk)

    moves = consequences(scores.involving(cell, "confirmed"))

    assert moves == (
        Move("白水乡", "rank", "2", "3", "乡镇口"),
        Move("东河镇", "final", "899.00", "966.50", "乡镇口"),
        Move("东河镇", "rank", "3", "2", "乡镇口"),
    )


def test_another_weight_moves_every_unit_it_reaches(year: Cast) -> None:
    # 决战园区 at 100 of 600: 白水乡 97.50 + 320 = 417.50; 东河镇 87.50 + 374 = 461.50; 青山乡 500
    item = year.subs["乡镇口", "决战园区"].item_id

    moves = consequences(Change("weights", year.cycle.pk, {"weights": {item: "100"}}))

    assert [(m.unit, m.after) for m in moves if m.aspect == "rank"] == [("白水乡", "3"), ("东河镇", "2")]
    assert [(m.unit, m.after) for m in moves if m.aspect == "final"] == [
        ("青山乡", "500.00"),
        ("白水乡", "417.50"),
        ("东河镇", "461.50"),
    ]


def test_what_names_nothing_of_the_year_moves_nothing(year: Cast) -> None:
    code = year.cycle.pk

    assert consequences(Change("score", code, {"cell": 0, "kind": "lead", "points": "1"})) == ()
    assert consequences(Change("papers", code, {"counts": [0]})) == ()
    assert consequences(Change("bar", code, {"veto": 0, "in_force": True})) == ()
    assert consequences(Change("weights", 0, {"weights": {}})) == ()


def test_the_questions_asked_do_not_grow_with_the_block(year: Cast) -> None:
    with CaptureQueriesContext(connection) as small:
        consequences(raised(year))
    grow(year, 27)
    with CaptureQueriesContext(connection) as large:
        consequences(raised(year))

    assert len(small) == len(large)
    assert len(large) <= 23


# Kept with the decision --------------------------------------------------------------------------


def kept(act: str) -> Any:
    return audit.details_of(AuditEntry.objects.filter(act=act).latest("number")).get("consequences")


def told(*moves: Move) -> list[dict[str, str]]:
    return list(foresight.told(moves)["consequences"])


def test_a_decision_after_the_hearing_keeps_its_list_by_every_door(year: Cast) -> None:
    verified(year, "东河镇")

    assert [(m["unit"], m["aspect"]) for m in kept("adjustment.verified")] == [
        ("白水乡", "rank"),
        ("东河镇", "final"),
        ("东河镇", "rank"),
    ]


def test_before_the_hearing_nothing_is_listed_or_kept(cast: Cast) -> None:
    verified(mark(equip(cast)), "东河镇")

    assert kept("adjustment.verified") is None
    assert foresight.preview(cast.cycle, raised(cast)) is None


def reopened(year: Cast) -> Cast:
    Reopening.objects.create(
        cycle=year.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        unit=year.units["青山乡"],
        until=timezone.now() + timedelta(hours=1),
        reason="更正",
        by=year.people["office1"],
    )
    return year


def test_a_score_corrected_after_the_hearing_keeps_its_list(year: Cast) -> None:
    reopened(year)

    scores.record_score(
        by=year.hat("office1"),
        cell_id=year.cell("青山乡", "决战园区").pk,
        kind=ScoreKind.PRELIMINARY,
        points=Decimal(100),
        reason="复核更正",
    )

    assert kept("score.recorded") == told(*SWAP)


# The pages that show it --------------------------------------------------------------------------


def client(year: Cast, name: str) -> Client:
    found = Client()
    found.force_login(year.people[name])
    return found


def test_the_page_of_a_paper_lists_who_moves_and_signs_that_very_list(year: Cast) -> None:
    row = claim(year, "东河镇")
    office = client(year, "office2")
    page = office.get(f"{YEAR}adjustments/{row.pk}/")
    preview = page.context["preview"]

    answer = office.post(
        f"{YEAR}adjustments/{row.pk}/verify/", {"version": row.version, "seen": preview.digest}
    )

    assert answer.status_code == 302
    assert "899.00 → <strong>919.00</strong>" in page.content.decode()
    assert kept("adjustment.verified") == told(*preview.moves)


def test_a_list_that_is_no_longer_true_is_shown_again_and_nothing_is_signed(year: Cast) -> None:
    row = claim(year, "东河镇")
    office = client(year, "office2")
    seen = office.get(f"{YEAR}adjustments/{row.pk}/").context["preview"].digest
    year.score("白水乡", "决战园区", "60")  # 450.00 + 320.00 = 770.00: behind 东河镇 already

    answer = office.post(f"{YEAR}adjustments/{row.pk}/verify/", {"version": row.version, "seen": seen})

    assert answer.status_code == 409
    assert answer.context["refusal"].code == "preview-changed"
    assert answer.context["preview"].digest != seen
    assert Adjustment.objects.get().state == AdjustmentState.PROPOSED


def test_many_papers_are_signed_on_a_page_that_lists_what_all_of_them_move(year: Cast) -> None:
    rows = [claim(year, "东河镇"), claim(year, "白水乡", number="省府〔2012〕2号")]
    office = client(year, "office2")
    ticked = {"row": [f"{row.pk}:{row.version}" for row in rows]}

    asked = office.post(f"{YEAR}adjustments/waiting/", ticked)
    still = set(Adjustment.objects.values_list("state", flat=True))
    signed = office.post(f"{YEAR}adjustments/waiting/", ticked | {"seen": asked.context["preview"].digest})

    assert (asked.status_code, still) == (200, {"proposed"})
    assert {(m.unit, m.aspect) for m in asked.context["preview"].moves} == {
        ("白水乡", "final"),
        ("东河镇", "final"),
    }
    assert signed.status_code == 200
    assert set(Adjustment.objects.values_list("state", flat=True)) == {"verified"}


def test_a_veto_is_confirmed_after_its_list_was_shown(year: Cast) -> None:
    row = proposed(year)
    leader = client(year, "leader1")
    typed = {"version": row.version, "reason": ""}

    asked = leader.post(f"{YEAR}vetoes/{row.pk}/confirm/", typed)
    row.refresh_from_db()
    still = row.state
    leader.post(f"{YEAR}vetoes/{row.pk}/confirm/", typed | {"seen": asked.context["preview"].digest})

    row.refresh_from_db()
    assert (asked.status_code, still, row.state) == (200, "proposed", "confirmed")
    assert [m["aspect"] for m in kept("veto.confirmed")] == ["eligible", "eligible"]


def test_a_cell_corrected_after_the_hearing_shows_the_swap_first(year: Cast) -> None:
    reopened(year)
    cell = year.cell("青山乡", "决战园区")
    office = client(year, "office1")
    typed = {"kind": "preliminary", "score": "100", "reason": "复核更正", "version": cell.version}

    asked = office.post(f"{YEAR}cells/{cell.pk}/", typed)
    still = Score.objects.get(cell=cell).points
    office.post(f"{YEAR}cells/{cell.pk}/", typed | {"seen": asked.context["preview"].digest})

    assert (asked.status_code, still) == (200, 80)
    assert asked.context["preview"].moves == SWAP
    assert Score.objects.get(cell=cell).points == 100
    assert kept("score.recorded") == told(*SWAP)


def test_the_matrix_sends_a_correction_after_the_hearing_to_the_page_that_shows_it(year: Cast) -> None:
    reopened(year)
    cell = year.cell("青山乡", "决战园区")
    office = client(year, "office1")

    answer = office.post(
        f"{YEAR}cells/{cell.pk}/",
        {"kind": "preliminary", "score": "100", "reason": "更正", "version": cell.version},
        headers={"HX-Request": "true"},
    )
    shown = office.get(answer["HX-Redirect"])

    assert answer.status_code == 204
    assert shown.context["preview"].moves == SWAP
    assert Score.objects.get(cell=cell).points == 80


def test_a_reader_without_totals_is_shown_no_list(year: Cast) -> None:
    reopened(year)
    year.score("青山乡", "决战园区", "80", kind=ScoreKind.LEAD)
    cell = year.cell("青山乡", "决战园区")
    year.cycle.refresh_from_db()

    answer = client(year, "lead_市信访局").post(
        f"{YEAR}cells/{cell.pk}/",
        {"kind": "lead", "score": "90", "reason": "更正", "version": cell.version},
    )

    assert answer.status_code == 302
    assert kept("score.recorded") == []  # the preliminary score counts: nothing moves, and that is kept


def test_an_act_signed_by_a_wrong_person_is_refused_before_any_list(year: Cast) -> None:
    row = claim(year, "东河镇")

    with pytest.raises(Refused) as refused:
        adjustments.verify(by=year.hat("office1"), cycle=year.cycle, adjustment_id=row.pk)

    assert refused.value.code == "same-person"


def test_two_criticisms_of_one_matter_give_one_of_them_back(year: Cast) -> None:
    # 市委 5 and 设区市委 20 off 东河镇: 874.00; as one matter only the 20 counts: 879.00 (R5a)
    rows = [
        verified(year, "东河镇", kind="通报批评", issuer=issuer, number=f"{issuer}〔2012〕7号")
        for issuer in ("市委", "设区市委")
    ]
    office = client(year, "office1")
    typed = {"row": [row.pk for row in rows], "title": "矿山整治"}

    asked = office.post(f"{YEAR}adjustments/matters/", typed)
    office.post(f"{YEAR}adjustments/matters/", typed | {"seen": asked.context["preview"].digest})

    assert asked.context["preview"].moves == (Move("东河镇", "final", "874.00", "879.00", "乡镇口"),)
    assert kept("matter.joined") == told(*asked.context["preview"].moves)
    assert places(year)["东河镇"] == (3, 87900)
