"""Papers of the leading group's meetings as .docx (送审稿): agenda, minutes, and the decision on the awards.

The digest of what is decided stands in the foot of every page, so that a figure changed on the way is noticed.
What the notice and the briefing say is told by awards.docx_papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awards import edition
from awards.award_queries import awards_on, individuals_of
from awards.models import AwardList
from awards.models.scheme import Kind
from awards.money import format_yuan, yuan_in_words
from awards.reports import LEADERS, chinese
from office.docx import begin, content_of, say, sign, table
from units.matrix import Role
from units.models import Conflict, Cycle, RoleAssignment

BLANK = "＿" * 12
KINDS = ((Kind.COMPREHENSIVE, "综合奖"), (Kind.SINGLE, "单项奖"), (Kind.INDIVIDUAL, "个人奖"))


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of the leading group: what it is called, what lies on the table, under which digest."""

    name: str  # 初审会议 | 审定会议
    digest: str
    results: Sequence[Mapping[str, Any]]  # the blocks of the standing object
    parts: Sequence[tuple[str, str]]  # (scope in words, code)
    questions: Sequence[str]
    decides: str  # what the minutes say was decided

    @property
    def code(self) -> str:
        return edition.short_code(self.digest)

    @property
    def foot(self) -> str:
        return f"送审稿 校验码 {self.code} {self.digest}"


def agenda(cycle: Cycle, meeting: Meeting) -> bytes:
    """What the meeting goes through, in order."""
    paper = begin(f"{cycle.year}年度考评工作领导小组{meeting.name}议程（送审稿）", meeting.foot)
    say(paper, f"时间：{BLANK}")
    say(paper, f"地点：{BLANK}")
    say(paper, f"主持：{BLANK}")
    say(paper, "议题：", heading=True)
    items = [
        f"听取考评办关于{cycle.year}年度考评结果的汇报（校验码{meeting.code}）。",
        *(f"审议{scope}结果（校验码{code}）。" for scope, code in meeting.parts),
        *(f"研究：{question}" for question in meeting.questions),
        f"表决：{meeting.decides}",
    ]
    for number, item in enumerate(items, 1):
        say(paper, f"{chinese(number)}、{item}")
    say(paper, "会议材料：汇报、名次表、得分总表、待决事项清单、抽样核对单。")
    return content_of(paper)


def minutes(cycle: Cycle, meeting: Meeting) -> bytes:
    """The record to fill in and sign; the places are printed so that nobody has to copy them."""
    paper = begin(f"{cycle.year}年度考评工作领导小组{meeting.name}纪要（送审稿）", meeting.foot)
    for word in ("时间", "地点", "主持人", "出席", "列席", "记录人"):
        say(paper, f"{word}：{BLANK}")
    say(paper, f"会议听取了考评办的汇报，审议了校验码为{meeting.code}的结果，议定如下：")
    say(paper, "一、结果", heading=True)
    for block in meeting.results:
        leaders = [row for row in block["rows"] if row["rank"] <= LEADERS]
        if leaders:
            words = "；".join(f"第{row['rank']}名{row['unit']}{row['final']}分" for row in leaders)
            say(paper, f"{block['name']}（{len(block['rows'])}个单位）：{words}。")
    say(paper, "二、待决事项", heading=True)
    for question in meeting.questions or ["无。"]:
        say(paper, question if question == "无。" else f"{question} 会议意见：{BLANK}")
    say(paper, "三、决定", heading=True)
    say(paper, f"□ {meeting.decides}")
    say(paper, f"□ 退回，理由：{BLANK}")
    say(paper, "四、利害关系说明", heading=True)
    ties = tied_members(cycle)
    for line in ties or ["出席成员与参评单位无已登记的利害关系。"]:
        say(paper, line)
    if ties:
        say(paper, "对整体名单的审议不属单独处理某一单位，上述成员参加了审议。")
    table(paper, ("校验码", "事项"), [(code, scope) for scope, code in meeting.parts])
    say(paper, "组长（签字）：" + BLANK)
    say(paper, "成员（签字）：" + BLANK)
    return content_of(paper)


def tied_members(cycle: Cycle) -> list[str]:
    """Members of the leading group who belong to a unit of the year or declared a tie.  Three queries."""
    members = {
        role.user_id: str(role.user)
        for role in RoleAssignment.objects.filter(cycle=cycle, role=Role.LEADING_GROUP).select_related("user")
    }
    ties: dict[int, list[str]] = {}
    of_units = RoleAssignment.objects.filter(
        cycle=cycle, user__in=members, role__in=[Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD], unit__isnull=False
    ).values_list("user_id", "unit__name")
    declared = Conflict.objects.filter(
        cycle=cycle, user__in=members, lifted_at__isnull=True, unit__isnull=False
    ).values_list("user_id", "unit__name")
    for user, unit in [*of_units, *declared]:
        if unit not in ties.setdefault(user, []):
            ties[user].append(unit)
    return [f"{members[user]}：{'、'.join(units)}。" for user, units in ties.items()]


def decision(cycle: Cycle, award_list: AwardList) -> bytes:
    """The decision on the awards as it goes to the leading group, from exactly this list."""
    code = edition.short_code(award_list.digest)
    people = individuals_of(cycle)
    lines = [award for award in awards_on(award_list) if award.membership is not None]
    paper = begin(
        f"关于表彰{cycle.year}年度考评先进单位和先进个人的决定（送审稿）",
        f"送审稿 校验码 {code} {award_list.digest}",
    )
    say(paper, "各参评单位：", flush=True)
    say(
        paper,
        f"根据{cycle.year}年度考评结果，经考评工作领导小组研究，决定对下列单位和个人予以表彰奖励。",
    )
    rows: dict[str, list[tuple[object, ...]]] = {kind: [] for kind, _words in KINDS}
    for award in lines:
        assert award.membership is not None
        rows[award.scheme.kind].append(
            (award.scheme.name, award.grade, award.membership.unit.name, format_yuan(award.amount_fen))
        )
    for one in people:
        holder = f"{one.name}（{one.unit.name}）"
        rows[Kind.INDIVIDUAL].append(
            (one.prize.scheme.name, one.prize.grade, holder, format_yuan(one.prize.amount_fen))
        )
    number = 0
    for kind, words in KINDS:
        if rows[kind]:
            number += 1
            say(paper, f"{chinese(number)}、{words}", heading=True)
            table(paper, ("奖项", "等次", "获奖者", "奖金（元）"), rows[kind])
    departures = [award for award in lines if award.departure]
    if departures:
        number += 1
        say(paper, f"{chinese(number)}、与测算名单不一致的说明", heading=True)
        for award in departures:
            unit = award.membership.unit.name if award.membership else ""
            say(paper, f"{award.scheme.name}{award.grade}：{unit}。理由：{award.departure}")
    held = [award for award in awards_on(award_list) if award.is_held]
    if held:
        number += 1
        say(paper, f"{chinese(number)}、尚待议定", heading=True)
        for award in held:
            say(paper, f"{award.scheme.name}{award.grade}并列待定。")
    total = sum(award.amount_fen for award in lines) + sum(one.prize.amount_fen for one in people)
    say(paper, f"奖金合计{format_yuan(total)}元（人民币{yuan_in_words(total)}）。")
    sign(paper, cycle.host.name, f"{BLANK[:4]}年{BLANK[:2]}月{BLANK[:2]}日")
    return content_of(paper)
