"""Commitments and appeals signed on paper: printed with a code, their scan finds them, compared they count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from scoring.actions import appeals, commitments
from scoring.models import Appeal, AppealFile, Commitment, CommitmentState, ResultDelivery
from tests.awards.test_consequences import mark
from tests.bonuses.papers import equip, pdf
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in
from tests.scoring import promises
from tests.scoring.test_appeals import draft, of_cell
from tests.units.minutes import compared
from units.actions import paper_forms
from units.models import Conflict, SignedForm
from units.stages import Stage

pytestmark = pytest.mark.django_db
OFFICIAL = "official_青山乡"


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def printed(cast: Cast, kind: str, about: int, by: str = OFFICIAL) -> SignedForm:
    return paper_forms.print_form(by=cast.hat(by), cycle=cast.cycle, kind=kind, about_id=about)


def scanned(cast: Cast, form: SignedForm, by: str = OFFICIAL) -> SignedForm:
    upload = SimpleUploadedFile(f"{form.code}.pdf", pdf(form.code))
    placed = paper_forms.place(by=cast.hat(by), cycle=cast.cycle, upload=upload)
    if placed.refusal is not None:
        raise placed.refusal
    assert placed.form is not None
    return placed.form


# Commitments --------------------------------------------------------------------------------------


@pytest.fixture
def promised(cast: Cast) -> Commitment:
    return promises.write(cast.at(Stage.COMMITMENT))


def test_a_commitment_signed_on_paper_counts_as_signed_and_is_examined_like_any(
    cast: Cast, promised: Commitment
) -> None:
    form = scanned(cast, printed(cast, "commitment", promised.pk))

    compared(cast, form, by="office1")

    promised.refresh_from_db()
    made = promised.rounds.get()
    assert promised.state == CommitmentState.SUBMITTED
    assert (made.paper, made.signed_at) == (form, form.scanned_at)
    assert AuditEntry.objects.filter(act="commitment.signed", details__contains=form.code).exists()
    accepted = commitments.accept(by=cast.hat("office2"), cycle=cast.cycle, unit=cast.units["青山乡"])
    assert accepted.state == CommitmentState.ACCEPTED
    page = body(signed_in(cast.people[OFFICIAL]).get(f"{YEAR}commitments/of/青山乡/"))
    assert form.code in page
    assert audit.verify() is None


def test_goals_changed_after_printing_make_the_paper_void(cast: Cast, promised: Commitment) -> None:
    first = printed(cast, "commitment", promised.pk)
    promises.write(cast, goals=[promises.goal("改了的目标")], version=promised.version)
    newer = printed(cast, "commitment", promised.pk)

    said = code_of(lambda: scanned(cast, first))

    assert newer.code != first.code
    assert said == "form-void"


def test_who_typed_the_goals_or_is_tied_to_the_unit_does_not_compare(
    cast: Cast, promised: Commitment
) -> None:
    form = scanned(cast, printed(cast, "commitment", promised.pk), by="office1")
    same = code_of(lambda: compared(cast, form, by="office1"))
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office2"], unit=cast.units["青山乡"], reason="亲属"
    )

    assert (same, code_of(lambda: compared(cast, form))) == ("same-person", "own-unit")


def test_signed_on_the_screen_meanwhile_the_paper_signs_nothing_again(
    cast: Cast, promised: Commitment
) -> None:
    form = scanned(cast, printed(cast, "commitment", promised.pk))
    commitments.sign(by=cast.hat("principal_青山乡"), cycle=cast.cycle, unit=cast.units["青山乡"])

    assert code_of(lambda: compared(cast, form, by="office1")) == "commitment-signed"
    assert promised.rounds.count() == 1


def test_after_the_stage_the_unit_hands_in_no_scan(cast: Cast, promised: Commitment) -> None:
    form = printed(cast, "commitment", promised.pk)
    cast.at(Stage.SELF_ASSESSMENT)

    assert code_of(lambda: scanned(cast, form)) == "stage-closed"
    assert code_of(lambda: scanned(cast, form, by="office1")) == "stage-closed"


# Appeals ------------------------------------------------------------------------------------------


@pytest.fixture
def year(cast: Cast) -> Cast:
    return mark(equip(cast)).at(Stage.RESULTS)


def reached(year: Cast, days_ago: int) -> None:
    ResultDelivery.objects.create(
        cycle=year.cycle,
        unit=year.units["青山乡"],
        reached_on=timezone.localdate() - timedelta(days=days_ago),
        receiver="收发室",
        noted_by=year.people["office1"],
    )


def test_an_appeal_signed_on_paper_counts_as_filed_by_the_principal(year: Cast) -> None:
    reached(year, 0)
    made = draft(year, of_cell(year))
    form = scanned(year, printed(year, "appeal", made.pk))

    compared(year, form, by="office1")

    made.refresh_from_db()
    assert (made.state, made.channel, made.number) == ("filed", "paper", 1)
    assert (made.sender, made.received_on) == ("principal_青山乡", timezone.localdate())
    assert made.files.get(purpose=AppealFile.Purpose.SCAN).file == form.scan
    assert str(made.compared_by) == "office1"
    assert audit.verify() is None


def test_in_time_is_whose_scan_came_in_time_whenever_it_is_compared(year: Cast) -> None:
    reached(year, 40)
    made = draft(year, of_cell(year))
    form = scanned(year, printed(year, "appeal", made.pk))
    late = code_of(lambda: compared(year, form, by="office1"))
    SignedForm.objects.filter(pk=form.pk).update(scanned_at=timezone.now() - timedelta(days=39))

    compared(year, form, by="office1")

    made.refresh_from_db()
    assert late == "too-late"
    assert made.state == "filed"


def test_a_draft_stays_the_units_alone_until_its_scan_is_there(year: Cast) -> None:
    reached(year, 0)
    made = draft(year, of_cell(year))
    form = printed(year, "appeal", made.pk)
    before = [
        signed_in(year.people[name]).get(f"{YEAR}forms/{form.code}/").status_code
        for name in (OFFICIAL, "office1", "leader1", "official_白水乡", "auditor")
    ]
    by_office = code_of(lambda: printed(year, "appeal", made.pk, by="office1"))

    scanned(year, form, by="office1")  # the office finds its place, though it saw nothing of it before

    after = signed_in(year.people["office2"]).get(f"{YEAR}forms/{form.code}/").status_code
    assert before == [200, 404, 404, 404, 404]
    assert by_office == "not-found"
    assert after == 200


def test_who_is_tied_to_the_asking_unit_does_not_compare_its_appeal(year: Cast) -> None:
    reached(year, 0)
    form = scanned(year, printed(year, "appeal", draft(year, of_cell(year)).pk))
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office1"], unit=year.units["青山乡"], reason="亲属"
    )

    assert code_of(lambda: compared(year, form, by="office1")) == "own-unit"


def test_filed_on_the_screen_meanwhile_the_paper_files_nothing_again(year: Cast) -> None:
    reached(year, 0)
    made = draft(year, of_cell(year))
    form = scanned(year, printed(year, "appeal", made.pk))
    appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)

    assert code_of(lambda: compared(year, form, by="office1")) == "wrong-state"
    assert Appeal.objects.get().number == 1


def test_the_page_of_a_draft_offers_the_print_and_the_desk_takes_it(year: Cast) -> None:
    reached(year, 0)
    made = draft(year, of_cell(year))
    client = signed_in(year.people[OFFICIAL])

    page = body(client.get(f"{YEAR}appeals/{made.pk}/"))
    sent = client.post(f"{YEAR}forms/print/", {"kind": "appeal", "about": str(made.pk)})

    assert "打印后纸质签字" in page
    assert sent.status_code == 302
    assert SignedForm.objects.get().kind == "appeal"
