"""A form that is sent after its window has closed: refused with the server's time, and what was typed is still there.

When a window closes what is tested in tests/units/test_deadlines.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from office.middleware import written_in
from scoring.models import Commitment, Score
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, words_of
from units.models import StageWindow
from units.stages import Stage

YEAR = "/years/2012/"
WORDS = "全年办结信访件一百二十件"


def closes(cast: Cast, stage: Stage, days: int) -> None:
    last = timezone.localdate() + timedelta(days=days)
    StageWindow.objects.filter(cycle=cast.cycle, stage=stage).delete()
    StageWindow.objects.create(
        cycle=cast.cycle, stage=stage, opens_on=last - timedelta(days=20), closes_on=last
    )


def test_a_self_assessment_typed_before_and_sent_after_the_deadline_keeps_its_words(
    cast: Cast, signed_in: SignedIn
) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes(cast, Stage.SELF_ASSESSMENT, 1)
    client = signed_in("official_青山乡")
    page = f"{YEAR}self/cells/{cast.cell('青山乡', '信访').pk}/"
    before = client.get(page)
    closes(cast, Stage.SELF_ASSESSMENT, -1)

    answer = client.post(page, {"points": "377.5", "note": WORDS})

    assert (before.status_code, answer.status_code) == (200, 409)
    assert WORDS in body(answer)
    assert "377.5" in body(answer)
    assert f"{timezone.localtime():%H:%M}" in words_of(answer)
    assert not Score.objects.exists()


def test_goals_typed_before_and_sent_after_the_deadline_keep_their_words(
    cast: Cast, signed_in: SignedIn
) -> None:
    cast.at(Stage.COMMITMENT)
    closes(cast, Stage.COMMITMENT, 1)
    client = signed_in("official_青山乡")
    page = f"{YEAR}commitments/of/青山乡/goals/"
    before = client.get(page)
    closes(cast, Stage.COMMITMENT, -1)

    answer = client.post(
        page,
        {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "0",
            "form-0-text": WORDS,
            "form-0-measure": "办结数",
            "form-0-target": "120件",
            "form-0-due": "2012-11-30",
            "version": "0",
        },
    )

    assert (before.status_code, answer.status_code) == (200, 409)
    assert WORDS in body(answer)
    assert not Commitment.objects.exists()


def test_an_act_without_a_form_to_go_back_to_shows_what_was_typed(cast: Cast, signed_in: SignedIn) -> None:
    cell = cast.cell("青山乡", "信访")

    answer = signed_in("official_青山乡").post(
        f"{YEAR}self/withdraw/", {"reason": WORDS, "version": "7", "cell": cell.pk}
    )

    assert answer.status_code in {403, 409, 422}
    assert WORDS in body(answer)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"reason": WORDS, "stage": "self-assessment", "csrfmiddlewaretoken": "abc def"}, [WORDS]),
        ({"note": "two words", "password": "my own secret", "unit": "12"}, ["two words"]),
        ({"score": "97.5", "debt": "12|self-assessment"}, []),
    ],
)
def test_only_what_a_person_wrote_is_shown_again(rf: object, sent: dict[str, str], kept: list[str]) -> None:
    assert written_in(rf.post("/", sent)) == kept  # type: ignore[attr-defined]  # pytest-django's request factory
