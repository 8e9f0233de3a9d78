"""One block of the board by itself: the same as on the page, rendered once per version, never older than the last save."""

from __future__ import annotations

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from scoring.models import Standing
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in
from units.models import Block, Cycle
from units.stages import Stage


def address(cast: Cast, block: str = "乡镇口") -> str:
    return f"{YEAR}board/blocks/{cast.blocks[block].pk}/"


@pytest.fixture
def scored(cast: Cast) -> Cast:
    for unit, points in [("青山乡", "95"), ("白水乡", "90"), ("东河镇", "80")]:
        cast.score(unit, "决战园区", points)
    return cast


def test_the_fragment_is_the_block_as_the_page_shows_it(scored: Cast) -> None:
    client = signed_in(scored.people["office1"])

    fragment = body(client.get(address(scored)))

    assert fragment.strip() in body(client.get(f"{YEAR}board/"))
    assert f'hx-get="{address(scored)}?v=' in fragment


def test_it_is_rendered_once_and_anew_after_every_save(scored: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(scored.people["office1"])
    rendered: list[str] = []

    def counting(template: str, context: dict[str, object]) -> str:
        rendered.append(template)
        return str(render_to_string(template, context))

    monkeypatch.setattr("scoring.views.board_fragment.render_to_string", counting)
    first, again = client.get(address(scored)).content, client.get(address(scored)).content
    scored.score("东河镇", "决战园区", "99")
    after = client.get(address(scored)).content

    assert first == again
    assert after != first
    assert len(rendered) == 2


def test_an_unchanged_version_is_not_sent_again(scored: Cast) -> None:
    client = signed_in(scored.people["leader1"])
    scored.at(Stage.HEARING)
    version = Standing.objects.get(block=scored.blocks["乡镇口"]).version

    same = client.get(f"{address(scored)}?v={version}")
    older = client.get(f"{address(scored)}?v={version - 1}")

    assert (same.status_code, same.content, older.status_code) == (204, b"", 200)


def test_who_may_not_export_gets_no_link_from_what_was_rendered_for_another(scored: Cast) -> None:
    scored.at(Stage.HEARING)

    office = body(signed_in(scored.people["office1"]).get(address(scored)))
    auditor = body(signed_in(scored.people["auditor"]).get(address(scored)))

    assert "board.xlsx" in office
    assert "board.xlsx" not in auditor  # row G04


@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("mayor", Stage.HEARING, 200),
        ("official_青山乡", Stage.PUBLISHED, 403),
        ("reviewer1", Stage.HEARING, 403),
    ],
)
def test_it_is_for_those_who_see_totals(scored: Cast, person: str, stage: Stage, status: int) -> None:
    signed_in(scored.people["office1"]).get(address(scored))  # rendered already
    scored.at(stage)

    assert signed_in(scored.people[person]).get(address(scored)).status_code == status


def test_another_years_block_is_not_found(scored: Cast) -> None:
    other = Cycle.objects.create(code="2011", name="旧", year=2011, host=scored.cycle.host)
    block = Block.objects.create(cycle=other, name="甲", kind="综合")
    client = signed_in(scored.people["office1"])

    assert client.get(f"{YEAR}board/blocks/{block.pk}/").status_code == 404
    assert client.get(f"{YEAR}board/blocks/0/").status_code == 404
    assert client.post(address(scored)).status_code == 405


def test_a_kept_block_costs_one_query_beside_the_door(scored: Cast) -> None:
    client = signed_in(scored.people["office1"])
    client.get(address(scored))
    with CaptureQueriesContext(connection) as asked:
        client.get(address(scored))

    assert sum("scoring_standing" in query["sql"] for query in asked) == 1
    assert len(asked) <= 8
