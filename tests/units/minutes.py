"""How tests enter a decision of the leading group from its minutes: typed, its scan handed in, compared.

What each decision brings about is told by the tests.
"""

from __future__ import annotations

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.bonuses.papers import pdf
from tests.cast import Cast
from units.actions import group_decisions, paper_forms
from units.actions.group_decisions import KIND, Meeting
from units.models import GroupDecision, SignedForm
from units.paper_forms import kind_named

MET = Meeting(date(2012, 12, 28), "组长", "组长、副组长、成员四人")


def typed(cast: Cast, deed: str, about: int, by: str = "office1", **answer: str) -> GroupDecision:
    return group_decisions.enter(
        by=cast.hat(by),
        cycle=cast.cycle,
        deed_key=deed,
        about_id=about,
        meeting=MET,
        typed={"reason": "会议决定"} | answer,
    )


def sheet(cast: Cast, decision: GroupDecision, by: str = "office1") -> SignedForm:
    return paper_forms.print_form(by=cast.hat(by), cycle=cast.cycle, kind=KIND, about_id=decision.pk)


def scanned(cast: Cast, decision: GroupDecision, by: str = "office1") -> SignedForm:
    form = sheet(cast, decision, by)
    upload = SimpleUploadedFile(f"{form.code}.pdf", pdf(f"会议纪要 {form.code}"))
    return paper_forms.take_scan(by=cast.hat(by), cycle=cast.cycle, code=form.code, upload=upload)


def compared(cast: Cast, form: SignedForm, by: str = "office2") -> SignedForm:
    digest = kind_named(form.kind).figures(form).digest
    return paper_forms.compare(by=cast.hat(by), cycle=cast.cycle, code=form.code, digest=digest)
