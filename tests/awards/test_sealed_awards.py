"""The awards that an edition seals: the list in force, by name and sum; never one of a unit that may not win."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from awards import award_queries, edition, queries, reports
from awards.actions import award_list as acts
from awards.actions import people, publication
from awards.models import AwardScheme, Edition, PrizeLine
from awards.money import yuan_in_words
from awards.reports import Facts
from bonuses.models import BarState, Finding
from office.refusal import Refused
from scoring.engine.sheet import FirstIsZero, Rounding
from tests.awards.drafts import draft_of, edition_content
from tests.awards.years import approved
from tests.cast import Cast
from tests.engine.cities import random_sheet
from units.stages import Stage


@pytest.fixture(autouse=True)
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as their HTML: setting them is tested in test_reports."""
    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())


@pytest.fixture
def awarded(cast: Cast) -> Cast:
    """Approved, and one comprehensive and one individual award decided by both members."""
    for order, (name, kind, block, rests_on, amount) in enumerate(
        [("先进乡镇", "综合", "乡镇口", "总分", 5_000_000), ("招商个人", "个人", "招商引资", "推荐", 200_000)]
    ):
        scheme = AwardScheme.objects.create(
            cycle=cast.cycle, name=name, kind=kind, rests_on=[rests_on], order=order
        )
        scheme.blocks.set([cast.blocks[block]])
        PrizeLine.objects.create(scheme=scheme, grade="第一名", count=1, amount_fen=amount)
    approved(cast)
    people.name_individual(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        prize_id=PrizeLine.objects.get(scheme__kind="个人").pk,
        name="赵甲",
        unit_id=cast.units["白水乡"].pk,
        post="",
        merit="引进一个项目",
    )
    decide(cast)
    return cast


def decide(cast: Cast, by: str = "office1", reason: str = "") -> None:
    made = acts.propose_list(by=cast.hat(by), cycle=cast.cycle, reason=reason)
    for name in ("leader1", "leader2"):
        acts.sign_list(by=cast.hat(name), cycle=cast.cycle, list_id=made.pk, digest=made.digest)


def publish(folder: Path) -> None:
    call_command("publish", "2012", "--by", "office1", "--confirmed-by", "office2", "--out", str(folder))


def winner(cast: Cast) -> str:
    membership = award_queries.decided_awards(cast.cycle)[0].membership
    assert membership is not None
    return str(membership.unit.name)


def test_an_edition_seals_the_decided_awards_with_certificates_and_list(
    awarded: Cast, tmp_path: Path
) -> None:
    publish(tmp_path / "edition")

    sealed = json.loads((tmp_path / "edition" / "edition.json").read_bytes())
    assert [(line["award"], line["unit"], line["amount_fen"]) for line in sealed["awards"]["lines"]] == [
        ("先进乡镇", winner(awarded), 5_000_000)
    ]
    assert [(one["name"], one["amount_fen"]) for one in sealed["awards"]["individuals"]] == [
        ("赵甲", 200_000)
    ]
    assert len(sealed["awards"]["decided_by"]) == 2
    certificates = (tmp_path / "edition" / "certificates.pdf").read_text()
    assert certificates.count("奖状</h1>") == 2
    assert "白水乡赵甲同志" in certificates
    assert "伍万贰仟元整" in (tmp_path / "edition" / "prizes.pdf").read_text()
    assert "表彰奖励" in (tmp_path / "edition" / "notice.pdf").read_text()
    found = queries.newest(awarded.cycle)
    assert found is not None
    assert edition.verify(tmp_path / "edition", found.code) == []


def test_without_a_decided_list_the_edition_says_nothing_of_awards(cast: Cast, tmp_path: Path) -> None:
    approved(cast)

    publish(tmp_path / "edition")

    assert "awards" not in json.loads((tmp_path / "edition" / "edition.json").read_bytes())
    assert not (tmp_path / "edition" / "certificates.pdf").exists()


def test_a_revocation_needs_a_new_list_before_its_edition(awarded: Cast, tmp_path: Path) -> None:
    publish(tmp_path / "one")
    awarded.at(Stage.PUBLISHED)
    loser = winner(awarded)
    Finding.objects.create(
        cycle=awarded.cycle,
        unit=awarded.units[loser],
        what="自评材料与事实不符",
        state=BarState.CONFIRMED,
        proposed_by=awarded.people["office1"],
        on=date(2013, 3, 1),
    )

    with pytest.raises(Refused) as stopped:
        publication.ask_publication(by=awarded.hat("leader1"), cycle=awarded.cycle, reason="弄虚作假")
    decide(awarded, by="leader1", reason="弄虚作假，撤销表彰")
    asked = publication.ask_publication(by=awarded.hat("leader1"), cycle=awarded.cycle, reason="弄虚作假")
    publication.confirm_publication(by=awarded.hat("leader2"), edition_id=asked.pk, start_job=False)
    publication.seal(Edition.objects.get(pk=asked.pk), awarded.hat("leader2"))

    assert stopped.value.code == "award-of-a-barred-unit"
    newest = queries.newest(awarded.cycle)
    assert newest is not None
    told = publication.edition_content(newest)["awards"]
    assert [line["unit"] for line in told["lines"]] == [winner(awarded)]
    assert winner(awarded) != loser


def test_the_sum_is_printed_in_figures_that_cannot_be_altered() -> None:
    said = {
        0: "零元整",
        5: "伍分",
        100: "壹元整",
        105: "壹元零伍分",
        150: "壹元伍角整",
        100_100: "壹仟零壹元整",
        1_000_000: "壹万元整",
        1_000_500: "壹万零伍元整",
        10_001_000: "壹拾万零壹拾元整",
        52_800_000: "伍拾贰万捌仟元整",
        10_000_000_100: "壹亿零壹元整",
        123_456_789: "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分",
    }

    assert {fen: yuan_in_words(fen) for fen in said} == said


def test_papers_of_awards_come_only_with_awards() -> None:
    sheet = random_sheet(11, 6, 4, 2, Rounding.EACH_ITEM, FirstIsZero.ALL_ZERO, plain=True)
    sealed = edition_content(draft_of(sheet))
    kinds = {paper.kind for paper in reports.papers_of(Facts.of(sealed, "0" * 64))}

    assert kinds == {"notice", "tables", "matrix", "letters"}
