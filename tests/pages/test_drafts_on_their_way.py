"""Agenda, minutes and the decision on the awards as .docx, and the pay list: who gets them, what stands in them."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from awards import edition, queries
from awards.actions import approval
from awards.actions import award_list as acts
from tests.awards.years import ready
from tests.cast import Cast
from tests.pages.reading import YEAR, signed_in
from tests.pages.test_awards import city, decided  # noqa: F401 -- a fixture is used by its name
from units.models import Conflict
from units.stages import Stage

HEARING_PAPERS = ["hearing/agenda.docx", "hearing/minutes.docx"]
APPROVAL_PAPERS = ["approval/agenda.docx", "approval/minutes.docx"]


def words_and_foot(content: bytes) -> tuple[str, str]:
    paper: Any = Document(io.BytesIO(content))
    words = [line.text for line in paper.paragraphs]
    words += [cell.text for grid in paper.tables for row in grid.rows for cell in row.cells]
    return "\n".join(words), "\n".join(line.text for line in paper.sections[0].footer.paragraphs)


@pytest.mark.parametrize("address", HEARING_PAPERS)
def test_the_papers_of_the_hearing_carry_the_digest_of_what_is_heard(cast: Cast, address: str) -> None:
    ready(cast).at(Stage.HEARING)
    digest = queries.joint_digest(queries.everything_now(cast.cycle))

    words, foot = words_and_foot(signed_in(cast.people["leader1"]).get(f"{YEAR}{address}").content)

    assert digest in foot
    assert edition.short_code(digest) in foot
    assert edition.short_code(digest) in words


def test_a_changed_mark_changes_the_foot(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    client = signed_in(cast.people["office1"])
    _words, before = words_and_foot(client.get(f"{YEAR}hearing/agenda.docx").content)

    cast.score("青山乡", "信访", "399.99")

    assert words_and_foot(client.get(f"{YEAR}hearing/agenda.docx").content)[1] != before


def test_the_briefing_tells_what_changed_since_it_was_last_heard_causes_first(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    client = signed_in(cast.people["office1"])
    first, _foot = words_and_foot(client.get(f"{YEAR}hearing/briefing.docx").content)
    digest = queries.joint_digest(queries.everything_now(cast.cycle))
    approval.decide_hearing(
        by=cast.hat("leader1"), cycle=cast.cycle, digest=digest, release=False, reason="补正扣分依据"
    )
    cast.score("青山乡", "信访", "399.99")

    words, _foot = words_and_foot(client.get(f"{YEAR}hearing/briefing.docx").content)

    assert "本次为首次初审。" in first
    cause = "乡镇口 › 青山乡·社会管理·信访 › 初评 › 得分"
    assert cause in words
    assert words.index(cause) < words.index("乡镇口 › 青山乡 › 最终得分")


@pytest.mark.parametrize("address", [*HEARING_PAPERS, *APPROVAL_PAPERS, "awards/decision.docx"])
@pytest.mark.parametrize(
    ("person", "status"),
    [("official_青山乡", 403), ("lead_市信访局", 403), ("reviewer1", 403), ("sysadmin", 403)],
)
def test_they_are_for_those_who_see_totals(cast: Cast, person: str, status: int, address: str) -> None:
    cast.at(Stage.HEARING)

    assert signed_in(cast.people[person]).get(f"{YEAR}{address}").status_code == status


@pytest.mark.parametrize("address", [*HEARING_PAPERS, *APPROVAL_PAPERS, "awards/decision.docx"])
def test_they_are_only_read(cast: Cast, address: str) -> None:
    assert signed_in(cast.people["office1"]).post(f"{YEAR}{address}").status_code == 405


@pytest.mark.parametrize("address", [*APPROVAL_PAPERS, "awards/decision.docx"])
def test_before_there_is_anything_to_decide_there_is_no_paper(cast: Cast, address: str) -> None:
    cast.at(Stage.APPROVAL)

    answer = signed_in(cast.people["office1"]).get(f"{YEAR}{address}")

    assert answer.headers["Location"] == f"{YEAR}{address.partition('/')[0]}/"


@pytest.mark.parametrize("address", APPROVAL_PAPERS)
def test_the_papers_of_the_approval_name_every_draft_by_its_code(cast: Cast, address: str) -> None:
    ready(cast)
    drafts = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)

    words, _foot = words_and_foot(signed_in(cast.people["office1"]).get(f"{YEAR}{address}").content)

    assert all(draft.code in words for draft in drafts)


def test_the_minutes_print_who_of_the_group_is_tied_to_a_unit(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["leader1"], unit=cast.units["白水乡"], reason="近亲属"
    )

    words, _foot = words_and_foot(
        signed_in(cast.people["office1"]).get(f"{YEAR}hearing/minutes.docx").content
    )

    assert "leader1：白水乡。" in words


def test_the_decision_names_winners_sums_and_the_lists_digest(city: Cast) -> None:  # noqa: F811 -- the fixture
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)

    words, foot = words_and_foot(signed_in(city.people["leader1"]).get(f"{YEAR}awards/decision.docx").content)

    assert made.digest in foot
    assert "先进乡镇\n第一名\n青山乡\n50\N{NO-BREAK SPACE}000.00" in words
    assert "人民币玖万柒仟元整" in words


def test_the_pay_list_is_a_paper_to_sign(city: Cast, tmp_path: Path) -> None:  # noqa: F811 -- the fixture
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler-utils")
    decided(city).cycle.refresh_from_db()
    city.at(Stage.PUBLISHED)

    answer = signed_in(city.people["office1"]).get(f"{YEAR}money.pdf")
    (tmp_path / "pay.pdf").write_bytes(answer.content)
    words = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "pay.pdf"), "-"], capture_output=True, check=True, timeout=60
    ).stdout.decode()

    assert answer.headers["Content-Type"] == "application/pdf"
    assert "领款人签字" in words
    assert "人民币玖万柒仟元整" in words
    assert words.count("青山乡") == 2  # its two prizes, none divided yet
    own = signed_in(city.people["official_白水乡"]).get(f"{YEAR}money.pdf")
    assert own.status_code == 200
    assert own.content != answer.content


@pytest.mark.parametrize(
    ("person", "status"),
    [("lead_市信访局", 403), ("reviewer1", 403), ("sysadmin", 403), ("office1", 302)],
)
def test_without_a_prize_there_is_no_pay_list(cast: Cast, person: str, status: int) -> None:
    cast.at(Stage.PUBLISHED)

    assert signed_in(cast.people[person]).get(f"{YEAR}money.pdf").status_code == status
