"""The pages of a special track's own calendar: works, wrong role, wrong track, bad input, wrong method.

The acts are tested in tests/units/test_tracks.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import words_of
from units.models import Block, StageWindow
from units.stages import ORDER, Stage

TRACKS = "/years/2012/tracks/"
OWN = f"{TRACKS}招商引资/"


def apart(cast: Cast) -> Block:
    Block.objects.filter(name="招商引资").update(has_own_calendar=True, stage=Stage.PRELIMINARY_REVIEW)
    return Block.objects.get(name="招商引资")


def test_the_office_gives_a_track_its_calendar_sets_it_and_moves_it_alone(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    today = timezone.localdate()

    client.post(f"{OWN}calendar/", {"own": "yes"})
    empty = {f"{stage}-{name}": "" for stage in ORDER for name in ("opens_on", "closes_on", "cut_off")}
    client.post(
        f"{OWN}windows/",
        empty
        | {
            "onsite-review-opens_on": f"{today}",
            "onsite-review-closes_on": f"{today + timedelta(days=4)}",
            "onsite-review-cut_off": "17:30",
        },
    )
    moved = client.post(f"{OWN}move/", {"stage": "onsite-review", "reason": "专项先行"}, follow=True)

    track = Block.objects.get(name="招商引资")
    cast.cycle.refresh_from_db()
    assert (track.stage, cast.cycle.stage) == ("onsite-review", "preliminary-review")
    assert StageWindow.objects.get().block == track
    assert "招商引资已进入“实地考评”阶段" in words_of(moved)
    assert "单独安排日程" in words_of(moved)


def test_its_lacks_stand_on_the_page_by_name(cast: Cast, signed_in: SignedIn) -> None:
    apart(cast)

    page = words_of(signed_in("office1").get(TRACKS))

    assert "进入“实地考评”之前尚未就绪" in page
    assert "无责任单位 4" in page  # four members, one sub-item, nobody leads it


def test_the_year_s_page_tells_everybody_where_the_track_stands(cast: Cast, signed_in: SignedIn) -> None:
    apart(cast)
    cast.at(Stage.ONSITE_REVIEW)

    page = words_of(signed_in("official_青山乡").get("/years/2012/"))

    assert "招商引资" in page
    assert "单独安排日程" in page


def test_back_with_a_reason_and_following_again(cast: Cast, signed_in: SignedIn) -> None:
    apart(cast)

    refused = signed_in("leader1").post(f"{OWN}move-back/", {"stage": "monitoring", "reason": ""})
    done = signed_in("leader1").post(f"{OWN}move-back/", {"stage": "monitoring", "reason": "台账有误"})
    other = signed_in("office1").post(f"{OWN}calendar/", {"own": "no"})
    signed_in("office1").post(f"{OWN}move/", {"stage": "self-assessment", "reason": "补齐"})
    signed_in("office1").post(f"{OWN}move/", {"stage": "preliminary-review", "reason": "补齐"})
    back = signed_in("office1").post(f"{OWN}calendar/", {"own": "no"})

    assert [a.status_code for a in (refused, done, other, back)] == [422, 302, 409, 302]
    assert not Block.objects.get(name="招商引资").has_own_calendar


@pytest.mark.parametrize("page", ["", "招商引资/windows/", "招商引资/move/", "招商引资/move-back/"])
def test_a_unit_has_no_business_here(cast: Cast, signed_in: SignedIn, page: str) -> None:
    apart(cast)

    assert signed_in("official_青山乡").get(TRACKS + page).status_code == 403


@pytest.mark.parametrize("name", ["乡镇口", "没有的"])
@pytest.mark.parametrize("page", ["windows", "move", "move-back"])
def test_what_is_no_track_is_404(cast: Cast, signed_in: SignedIn, name: str, page: str) -> None:
    assert signed_in("office1").get(f"{TRACKS}{name}/{page}/").status_code == 404


def test_a_track_that_follows_the_year_has_no_windows_of_its_own(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").get(f"{OWN}windows/").status_code == 409
    assert (
        signed_in("office1").post(f"{OWN}move/", {"stage": "onsite-review", "reason": "急"}).status_code
        == 409
    )


def test_a_choice_that_is_none_is_told_so(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").post(f"{OWN}calendar/", {"own": "maybe"}).status_code == 422
    assert signed_in("office1").get(f"{OWN}calendar/").status_code == 405


def test_without_a_track_the_page_says_how_one_comes(cast: Cast, signed_in: SignedIn) -> None:
    Block.objects.filter(name="招商引资").update(kind="综合")

    assert "专项由方案工作簿导入" in words_of(signed_in("office1").get(TRACKS))
