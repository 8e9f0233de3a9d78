"""One cell: entered in place by htmx or on its own page, refused, met by another editor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from office.models import AuditEntry
from scoring.models import Cell, Score, ScoreKind
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.models import Team
from units.stages import Stage

HTMX = {"HX-Request": "true"}


def address(cell: Cell) -> str:
    return f"{YEAR}cells/{cell.pk}/"


def post(client: Client, cell: Cell, *, htmx: bool = True, **typed: str) -> Any:
    cell.refresh_from_db()
    values = {"kind": "preliminary", "version": str(cell.version), "reason": ""} | typed
    return client.post(address(cell), values, headers=HTMX if htmx else {})


def stored(cell: Cell) -> dict[str, Decimal]:
    return dict(Score.objects.filter(cell=cell).values_list("kind", "points"))


def test_the_page_of_a_cell_says_what_counts_and_who_entered_it(cast: Cast) -> None:
    cast.score("青山乡", "信访", "380", kind=ScoreKind.LEAD)
    cast.score("青山乡", "信访", "390.5")

    words = words_of(signed_in(cast.people["office1"]).get(address(cast.cell("青山乡", "信访"))))

    assert "计入得分 390.50" in words
    assert "责任单位测评 380.00 office1 · 考评办" in words
    assert "初评 计入 390.50" in words


def test_a_save_answers_with_the_cell_and_every_place_of_the_block(cast: Cast) -> None:
    cast.score("白水乡", "决战园区", "95")
    cell = cast.cell("青山乡", "决战园区")

    answer = post(signed_in(cast.people["office1"]), cell, score="97.5")

    page = read(body(answer))
    outside = [span["id"] for span in page.of("span") if span.get("hx-swap-oob") == "true"]
    assert answer.status_code == 200
    assert len(outside) == 3  # the townships of the block
    assert stored(cell) == {"preliminary": Decimal("97.5")}
    # 97.5 is first now: 600.00; 95 ÷ 97.5 × 600 = 584.615… → 584.62
    assert "97.50 600.00 1 584.62 2 0.00 3" in page.words


def test_a_save_from_the_page_leads_back_to_it(cast: Cast) -> None:
    cell = cast.cell("青山乡", "决战园区")

    answer = post(signed_in(cast.people["office1"]), cell, htmx=False, score="97.5")

    assert (answer.status_code, answer.headers["Location"]) == (302, address(cell))
    assert stored(cell) == {"preliminary": Decimal("97.5")}


def test_two_editors_meet_and_both_values_are_shown(cast: Cast) -> None:
    cell = cast.cell("青山乡", "决战园区")
    seen = str(cell.version)
    post(signed_in(cast.people["office2"]), cell, score="91")

    answer = post(signed_in(cast.people["office1"]), cell, score="88.25", version=seen, reason="复核")

    words = words_of(answer)
    assert answer.status_code == 409
    assert "office2已于" in words
    assert "91.00" in words
    assert "88.25" in words
    assert stored(cell) == {"preliminary": Decimal(91)}
    hidden = {f["name"]: f["value"] for f in read(body(answer)).of("input")}
    cell.refresh_from_db()
    assert (hidden["score"], hidden["reason"], hidden["version"]) == ("88.25", "复核", str(cell.version))


@pytest.mark.parametrize("typed", ["不涉及", "撤销"])
def test_words_that_meet_a_newer_value_are_shown_as_typed(cast: Cast, typed: str) -> None:
    cell = cast.cell("青山乡", "决战园区")
    seen = str(cell.version)
    post(signed_in(cast.people["office2"]), cell, score="91")

    answer = post(signed_in(cast.people["office1"]), cell, score=typed, version=seen, reason="无此项")

    assert (answer.status_code, typed in words_of(answer)) == (409, True)
    assert stored(cell) == {"preliminary": Decimal(91)}


def test_without_script_the_page_answers_409_with_what_was_typed(cast: Cast) -> None:
    cell = cast.cell("青山乡", "决战园区")
    seen = str(cell.version)
    post(signed_in(cast.people["office2"]), cell, score="91")

    answer = post(signed_in(cast.people["office1"]), cell, htmx=False, score="88.25", version=seen)

    assert answer.status_code == 409
    assert 'value="88.25"' in body(answer)
    assert "计入得分 91.00" in words_of(answer)


BAD = [
    ("101", "超过基础分100"),
    ("-1", "低于扣分下限0"),
    ("97.555", "小数超过2位"),
    ("abc", "不是一个确定的数"),
    ("90-95", "不是一个确定的数"),
    ("95%", "不是一个确定的数"),
    ("NaN", "不是一个确定的数"),
    ("Infinity", "不是一个确定的数"),
    ("1e1", "不是一个确定的数"),
    ("9_0", "不是一个确定的数"),
    ("1,0", "不是一个确定的数"),
    ("9" * 5000, "不是一个确定的数"),
    ("", "请填写得分"),
]


@pytest.mark.parametrize(("typed", "sentence"), BAD)
def test_a_wrong_number_is_refused_and_stays_in_the_field(cast: Cast, typed: str, sentence: str) -> None:
    cell = cast.cell("青山乡", "决战园区")
    client = signed_in(cast.people["office1"])

    short = post(client, cell, score=typed)
    whole = post(client, cell, htmx=False, score=typed, reason="现场看过")

    assert (short.status_code, sentence in words_of(short)) == (422, True)
    assert f"您填写的是“{typed}”" in words_of(short)
    assert whole.status_code == 422
    kept = {f.get("name"): f.get("value") for f in read(body(whole)).of("input") if f.get("name") == "score"}
    assert kept == {"score": typed}
    assert 'value="现场看过"' in body(whole)
    assert words_of(whole).count(sentence) == 1  # said once
    assert stored(cell) == {}


@pytest.mark.parametrize(
    ("typed", "points"),
    [("97.5分", "97.5"), (" ９７．５ ", "97.5"), ("0", "0"), ("100.00", "100")],
)
def test_a_number_is_read_as_people_write_it(cast: Cast, typed: str, points: str) -> None:
    cell = cast.cell("青山乡", "决战园区")

    answer = post(signed_in(cast.people["office1"]), cell, score=typed)

    assert (answer.status_code, stored(cell)) == (200, {"preliminary": Decimal(points)})


@pytest.mark.parametrize("kind", ["", "final", "SELF"])
def test_a_score_of_no_kind_is_refused(cast: Cast, kind: str) -> None:
    cell = cast.cell("青山乡", "决战园区")

    answer = post(signed_in(cast.people["office1"]), cell, score="90", kind=kind)

    assert (answer.status_code, stored(cell)) == (422, {})


@pytest.mark.parametrize(
    ("person", "cell", "kind", "stage", "status"),
    [
        ("lead_市信访局", ("青山乡", "信访"), "lead", Stage.PRELIMINARY_REVIEW, 200),
        ("lead_市信访局", ("青山乡", "信访"), "preliminary", Stage.PRELIMINARY_REVIEW, 403),
        ("lead_市信访局", ("青山乡", "信访"), "lead", Stage.ONSITE_REVIEW, 409),
        ("lead_市信访局", ("青山乡", "安全"), "lead", Stage.PRELIMINARY_REVIEW, 404),  # not its sub-item
        ("reviewer1", ("青山乡", "信访"), "preliminary", Stage.PRELIMINARY_REVIEW, 200),
        ("reviewer1", ("白水乡", "信访"), "preliminary", Stage.PRELIMINARY_REVIEW, 404),  # not the team's
        ("office1", ("青山乡", "信访"), "onsite", Stage.PRELIMINARY_REVIEW, 409),
        ("office1", ("青山乡", "信访"), "onsite", Stage.ONSITE_REVIEW, 200),
        ("leader1", ("青山乡", "信访"), "preliminary", Stage.PRELIMINARY_REVIEW, 403),
        ("official_青山乡", ("青山乡", "信访"), "self", Stage.SELF_ASSESSMENT, 403),
        ("auditor", ("青山乡", "信访"), "preliminary", Stage.PRELIMINARY_REVIEW, 403),
    ],
)
def test_who_may_enter_which_score_when(
    cast: Cast, person: str, cell: tuple[str, str], kind: str, stage: Stage, status: int
) -> None:
    cast.at(stage)
    one = cast.cell(*cell)

    answer = post(signed_in(cast.people[person]), one, score="90", kind=kind)

    assert answer.status_code == status
    assert stored(one) == ({kind: Decimal(90)} if status == 200 else {})


def test_a_lead_is_never_shown_its_own_cell(cast: Cast) -> None:
    own = cast.cell("市信访局", "业务", "党群口")

    answers = [
        signed_in(cast.people["lead_市信访局"]).get(address(own)).status_code,
        post(signed_in(cast.people["lead_市信访局"]), own, score="900", kind="lead").status_code,
    ]

    assert answers == [404, 404]
    assert stored(own) == {}


def test_a_reviewer_tied_to_a_unit_is_never_shown_its_cell(cast: Cast) -> None:
    Team.objects.get().units.add(cast.units["白水乡"])
    hat = cast.hat("official_白水乡")
    hat.user.roles.create(role="GR", cycle=cast.cycle)
    Team.objects.get().people.add(hat.user)
    client = signed_in(cast.people["official_白水乡"])
    reviewer = next(h for h in _hats(cast, "official_白水乡") if h.role.value == "GR")
    client.post("/hat/", {"hat": reviewer.key})

    answer = client.get(address(cast.cell("白水乡", "信访")))
    other = client.get(address(cast.cell("青山乡", "信访")))

    assert (answer.status_code, other.status_code) == (404, 200)


def _hats(cast: Cast, name: str) -> list:  # type: ignore[type-arg]  # of units.hats.Hat
    from units.hats import hats_of

    return hats_of(cast.people[name])


def test_a_cell_of_another_year_or_of_none_is_not_found(cast: Cast) -> None:
    with_other = cast.cell("青山乡", "信访")
    client = signed_in(cast.people["office1"])

    answers = [client.get(f"{YEAR}cells/{pk}/").status_code for pk in (10**9, with_other.pk)]

    assert answers == [404, 200]
    assert client.get(f"/years/2013/cells/{with_other.pk}/").status_code == 404


def test_a_cell_takes_get_and_post_only(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    cell = cast.cell("青山乡", "信访")

    assert [client.put(address(cell)).status_code, client.delete(address(cell)).status_code] == [405, 405]


def test_a_stranger_is_sent_to_sign_in_and_stores_nothing(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访")

    assert (post(Client(), cell, score="90").status_code, stored(cell)) == (302, {})


def test_not_involved_takes_two_people(cast: Cast) -> None:
    cell = cast.cell("东河镇", "信访")
    cast.score("青山乡", "信访", "380")
    cast.score("白水乡", "信访", "391")
    first, second = (signed_in(cast.people[name]) for name in ("office1", "office2"))

    proposed = post(first, cell, htmx=False, act="propose", reason="本单位无信访职能")
    by_the_same = post(first, cell, htmx=False, act="confirm", reason="")
    by_another = post(second, cell, htmx=False, act="confirm", reason="")

    assert [proposed.status_code, by_the_same.status_code, by_another.status_code] == [302, 403, 302]
    page = words_of(first.get(address(cell)))
    assert "计入得分 385.50" in page  # (380 + 391) ÷ 2
    assert "本单位无信访职能" in page


def test_not_involved_without_a_reason_is_refused(cast: Cast) -> None:
    cell = cast.cell("东河镇", "信访")

    answer = post(signed_in(cast.people["office1"]), cell, score="不涉及")

    assert (answer.status_code, "须说明理由" in words_of(answer)) == (422, True)
    assert Cell.objects.get(pk=cell.pk).involvement == ""


def test_clearing_a_score_leaves_the_cell_missing_and_is_told_in_its_history(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访")
    client = signed_in(cast.people["office1"])
    post(client, cell, score="380")

    answer = post(client, cell, score="撤销", reason="录入有误")

    words = words_of(client.get(address(cell)))
    assert (answer.status_code, stored(cell)) == (200, {})
    assert "撤销初评380：录入有误" in words
    assert "初评：— → 380" in words


def test_a_denied_act_is_in_the_log(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访")

    post(signed_in(cast.people["leader1"]), cell, score="1")

    assert AuditEntry.objects.filter(user_name="leader1", act="denied").exists()


def test_a_save_asks_as_much_for_three_rows_as_for_forty(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    cell = cast.cell("青山乡", "决战园区")
    post(client, cell, score="90")
    with CaptureQueriesContext(connection) as few:
        post(client, cell, score="91", reason="复核")
    grow(cast, 37)

    with CaptureQueriesContext(connection) as many:
        answer = post(client, cell, score="92", reason="复核")

    assert (answer.status_code, len(read(body(answer)).of("span")) >= 40) == (200, True)
    assert len(many) == len(few)
    assert len(many) <= 40
