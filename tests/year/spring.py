"""The first months of the cast's year on its pages: plan, team, detailed rules, promises.

They are walked in test_set_up_to_onsite_review.py.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from scoring.models import Commitment, DetailedRule, Goal
from tests.cast import DEPARTMENTS, TOWNS
from tests.pages.reading import words_of
from tests.year.steps import Desk, filled, lacking, led
from units.models import Team
from units.stages import Stage

EVERYBODY = (*TOWNS, *DEPARTMENTS, "工口")
PROMISING = (*TOWNS, *DEPARTMENTS)  # the track's squad promises nothing
LEAD, BROWSER_LEAD = "市信访局", "市档案局"
WINDOWS = {
    "set-up": ("2012-02-01", "2012-02-29", ""),
    "commitment": ("2012-03-01", "2012-03-31", ""),
    "monitoring": ("2012-04-01", "2012-11-30", ""),
    "self-assessment": ("2012-12-01", "2012-12-20", "17:30"),
    "preliminary-review": ("2012-12-21", "2013-01-10", ""),
    "onsite-review": ("2013-01-11", "2013-01-25", ""),
    "hearing": ("2013-01-28", "2013-01-31", ""),
}


def issue_the_plan(desk: Desk) -> None:
    """Windows, the plan workbook with the leads that were open, the team that looks at everybody."""
    cast = desk.cast
    assert lacking(Stage.COMMITMENT) == {"no-lead", "no-detailed-rules", "no-window"}
    values: dict[str, str] = {}
    for stage, (opens, closes, hour) in WINDOWS.items():
        values |= {
            f"{stage}-opens_on": opens, f"{stage}-closes_on": closes, f"{stage}-cut_off": hour,
        }  # fmt: skip
    desk.send("office1", "windows/", values)

    plan = desk.get("office1", "plan-workbook.xlsx").content
    with_leads = filled(
        plan, lambda row: {} if row["责任单位"] or not row["中项"] else {"责任单位": BROWSER_LEAD}, "指标"
    )
    sent = desk.send("office1", "plan-workbook/", {"files": SimpleUploadedFile("方案.xlsx", with_leads)})
    shown = desk.get("office1", sent["Location"])
    desk.send("office1", sent["Location"], {"seen": shown.context["seen"]})
    assert [sub.name for sub in led(cast, BROWSER_LEAD)] == ["安全", "招商引资工作"]

    team = Team.objects.get()
    desk.send(
        "office1",
        f"teams/{team.pk}/",
        {
            "name": team.name,
            "people": [cast.people[f"reviewer{n}"].pk for n in (1, 2, 3)],
            "units": [cast.units[name].pk for name in EVERYBODY],
        },
    )


def file_detailed_rules(desk: Desk) -> None:
    """Each lead files its rules with two indicators; one comes back with words; all are compiled."""
    for number, sub in enumerate([*led(desk.cast, LEAD), *led(desk.cast, BROWSER_LEAD)]):
        assert sub.lead is not None
        half = sub.base_points / 2
        values: dict[str, Any] = {
            "text": f"{sub.name}按季考核，年终汇总。",
            "edits": 0,
            "form-TOTAL_FORMS": 2,
            "form-INITIAL_FORMS": 0,
            "file_now": "1",
        }
        for n, name in enumerate(("日常工作", "年终实绩")):
            values |= {
                f"form-{n}-name": name,
                f"form-{n}-base_points": str(half),
                f"form-{n}-steps": "每漏一件扣2分",
            }
        desk.send(f"lead_{sub.lead.name}", f"rules/of/{sub.pk}/edit/", values)
        if number == 0:
            rule = DetailedRule.objects.get()
            desk.send(
                "office1",
                f"rules/versions/{rule.pk}/examine/",
                {"verdict": "return", "words": "请写明扣分上限"},
            )
            page = desk.get(f"lead_{LEAD}", f"rules/of/{sub.pk}/edit/")
            assert "请写明扣分上限" in words_of(page)
            again = values | {"text": f"{sub.name}按季考核，最多扣完。", "edits": page.context["edits"]}
            desk.send(f"lead_{LEAD}", f"rules/of/{sub.pk}/edit/", again)
    waiting = DetailedRule.objects.filter(state="filed")
    desk.send("office1", "rules/accept/", {"row": [rule.pk for rule in waiting]})
    assert lacking(Stage.COMMITMENT) == {"rules-not-compiled"}
    desk.send("office1", "rules/book/compile/")
    assert "最多扣完" in words_of(desk.get("official_青山乡", "rules/book/"))


def promise(desk: Desk) -> None:
    """Every unit writes, its principal signs, the office accepts all but one, which comes back and is bettered."""
    cast = desk.cast
    for name in PROMISING:
        row = goals(f"{name}信访积案全部化解")
        desk.send(f"official_{name}", f"commitments/of/{name}/goals/", row)
        desk.send(f"principal_{name}", f"commitments/of/{name}/sign/", {"version": 1})
    assert lacking(Stage.MONITORING) == {"commitment-unexamined"}
    back = Commitment.objects.get(unit=cast.units["白水乡"])
    desk.send(
        "office1",
        "commitments/of/白水乡/examine/",
        {"verdict": "return", "version": back.version, "words": "目标偏低，请提高"},
    )
    others = Commitment.objects.filter(state="submitted")
    desk.send("office1", "commitments/accept/", {"row": [f"{row.pk}:{row.version}" for row in others]})
    assert lacking(Stage.MONITORING) == {"no-commitment"}
    assert "目标偏低" in words_of(desk.get("official_白水乡", "commitments/of/白水乡/"))
    back.refresh_from_db()
    goal = Goal.objects.get(commitment=back)
    bettered = goals("信访积案化解率达到100%", version=back.version) | {
        "form-INITIAL_FORMS": 1,
        "form-0-id": goal.pk,
    }
    desk.send("official_白水乡", "commitments/of/白水乡/goals/", bettered)
    back.refresh_from_db()
    desk.send("principal_白水乡", "commitments/of/白水乡/sign/", {"version": back.version})
    back.refresh_from_db()
    desk.send("office1", "commitments/of/白水乡/examine/", {"verdict": "accept", "version": back.version})


def goals(text: str, version: int = 0) -> dict[str, Any]:
    return {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 0,
        "version": version,
        "form-0-text": text,
        "form-0-measure": "市信访局台账",
        "form-0-target": "全部",
        "form-0-due": "2012-11-30",
    }
