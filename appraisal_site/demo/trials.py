"""The demo's what-if variants, an amendment in words, other single appraisals and a finding against an appraiser.

All of it is fictional and none of it changes a figure of the year.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from appraisal_site.demo.papers import NOTICE, pdf
from appraisal_site.demo.people import People
from awards.actions import rule_changes, single_appraisals
from awards.rule_drafts import AMENDMENT, Draft
from bonuses.actions.documents import keep_file
from bonuses.models import TariffLine
from scoring.actions import appraisers, trials
from scoring.models import MajorItem, Score, ScoreKind
from scoring.trial_steps import NewPaperStep, Step, TariffStep, VetoStep, WeightStep
from units.models import Cycle, Unit


def write(cycle: Cycle, everybody: People) -> None:
    """Through the actions, as the office and the leading group would."""
    _variants(cycle, everybody)
    _amendment(cycle, everybody)
    _single_appraisals(cycle, everybody)
    _finding(cycle, everybody)


def _variants(cycle: Cycle, everybody: People) -> None:
    office = everybody.hats["office1"]
    items = {
        item.name: item.pk for item in MajorItem.objects.filter(block__cycle=cycle, block__name="乡镇口")
    }
    cap = TariffLine.objects.get(cycle=cycle, kind="封顶")
    praise = TariffLine.objects.get(cycle=cycle, kind="表彰", level="省委省政府")
    town = Unit.objects.get(name="青山乡")
    variants: list[tuple[str, list[Step]]] = [
        (
            "园区降为100，招商升为140",
            [WeightStep(items["决战园区"], Decimal(100)), WeightStep(items["招商引资"], Decimal(140))],
        ),
        ("表彰封顶降为30", [TariffStep(cap.pk, Decimal(30))]),
        (
            "青山乡再获省级表彰，但信访一票否决",
            [NewPaperStep(town.pk, praise.pk), VetoStep(town.pk, "信访")],
        ),
    ]
    for name, steps in variants:
        trials.save_variant(by=office, cycle=cycle, name=name, steps=steps)


def _amendment(cycle: Cycle, everybody: People) -> None:
    draft = Draft(
        kind=AMENDMENT,
        reason="细则对“实地考评抽查比例”未作规定，补充说明（演示）",
        wording="实地考评每个单位抽查不少于三个中项，由考评组当场抽签确定。",
        clause="§6(5)",
        on=date(cycle.year, 11, 1),
    )
    row = rule_changes.propose(by=everybody.hats["leader1"], cycle=cycle, draft=draft)
    rule_changes.confirm(by=everybody.hats["leader2"], cycle=cycle, change_id=row.pk)


def _single_appraisals(cycle: Cycle, everybody: People) -> None:
    office, other = everybody.hats["office1"], everybody.hats["office2"]
    for number, (project, applicant, day) in enumerate(
        (
            ("森林防火工作评比", "市林业局", date(cycle.year, 4, 10)),
            ("校园安全评比", "市教育体育局", date(cycle.year, 9, 3)),
        )
    ):
        scan = keep_file(
            [pdf([f"关于同意开展{project}的批复", applicant, NOTICE])], f"{project}批件.pdf", office
        )
        entry = single_appraisals.Entry(
            project=project,
            applicant=applicant,
            is_approved=True,
            paper_number=f"市考评〔{cycle.year}〕{number + 8}号（演示）",
            paper_title=f"关于同意开展{project}的批复",
            paper_on=day,
        )
        row = single_appraisals.enter(by=office, cycle=cycle, entry=entry, scan=scan)
        if number == 0:
            single_appraisals.compare(by=other, cycle=cycle, key=row.pk)


def _finding(cycle: Cycle, everybody: People) -> None:
    """Entered and waiting for the leading group; nobody's scores are put in doubt yet."""
    gave = Score.objects.filter(cell__block__cycle=cycle).exclude(kind=ScoreKind.SELF)
    person = everybody.hats["reviewer8"].user
    if not gave.filter(entered_by=person).exists():
        first = gave.select_related("entered_by").order_by("pk").first()
        if first is None:
            return
        person = first.entered_by
    appraisers.propose(
        by=everybody.hats["office2"],
        cycle=cycle,
        person=person,
        what="有单位反映该同志打分前接受宴请（演示，待领导小组核实）",
        on=date(cycle.year, 11, 20),
    )
