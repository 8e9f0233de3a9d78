"""The register of other single appraisals (§6(1)): entered from a paper, compared by another, ended with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from awards.actions import single_appraisals
from awards.actions.single_appraisals import Entry
from awards.models import SingleAppraisal
from office.refusal import Refused
from tests.bonuses.papers import scan
from tests.cast import Cast


def entry(**more: Any) -> Entry:
    values: dict[str, Any] = {
        "project": "森林防火专项检查评比",
        "applicant": "市林业局",
        "is_approved": True,
        "paper_number": "市考评〔2012〕9号",
        "paper_on": date(2012, 4, 1),
    }
    return Entry(**values | more)


def enter(cast: Cast, by: str = "office1", **more: Any) -> SingleAppraisal:
    return single_appraisals.enter(
        by=cast.hat(by), cycle=cast.cycle, entry=entry(**more), scan=scan(cast, f"批件{more}", "office1")
    )


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


@pytest.mark.django_db
@pytest.mark.parametrize(("approved", "state"), [(True, "approved"), (False, "refused")])
def test_it_stands_as_the_paper_says_once_a_second_person_compared(
    cast: Cast, approved: bool, state: str
) -> None:
    row = enter(cast, is_approved=approved)

    same = refused(lambda: single_appraisals.compare(by=cast.hat("office1"), cycle=cast.cycle, key=row.pk))
    compared = single_appraisals.compare(by=cast.hat("office2"), cycle=cast.cycle, key=row.pk)

    assert (same, compared.state, compared.compared_by) == ("same-person", state, cast.people["office2"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lacking", [{"project": " "}, {"applicant": ""}, {"paper_number": ""}, {"paper_on": None}]
)
def test_an_entry_is_whole_or_refused(cast: Cast, lacking: dict[str, Any]) -> None:
    assert refused(lambda: enter(cast, **lacking)) == "incomplete"


@pytest.mark.django_db
def test_without_the_scan_nothing_is_entered(cast: Cast) -> None:
    act = lambda: single_appraisals.enter(  # noqa: E731 -- one line for the refusal
        by=cast.hat("office1"), cycle=cast.cycle, entry=entry(), scan=None
    )

    assert refused(act) == "incomplete"


@pytest.mark.django_db
def test_one_project_of_one_applicant_is_entered_once_until_it_is_ended(cast: Cast) -> None:
    row = enter(cast)

    twice = refused(lambda: enter(cast))
    without_reason = refused(
        lambda: single_appraisals.end(by=cast.hat("office1"), cycle=cast.cycle, key=row.pk, reason=" ")
    )
    single_appraisals.end(by=cast.hat("office1"), cycle=cast.cycle, key=row.pk, reason="项目取消")
    enter(cast)

    assert (twice, without_reason) == ("already-entered", "no-reason")
    assert SingleAppraisal.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["leader1", "mayor", "lead_市信访局", "official_青山乡", "auditor"])
def test_the_office_alone_enters(cast: Cast, person: str) -> None:
    assert refused(lambda: enter(cast, by=person)) == "not-permitted"
