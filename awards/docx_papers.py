"""Papers on their way through other hands as .docx (送审稿): the notice and the briefing, digest in the foot.

Sealed papers are PDFs, made in awards.reports.
"""

from __future__ import annotations

from collections.abc import Sequence

from awards import edition, queries
from awards.docx_meetings import BLANK
from awards.edition import Difference
from awards.models import Draft
from awards.queries import Now
from awards.readiness import CheckUp
from awards.reports import LEADERS, Facts
from awards.words import words_of
from office.docx import begin, content_of, say, sign, table
from units.models import Cycle

MOST_CHANGES = 60  # of a year whose every score was touched the page tells the rest


def notice(cycle: Cycle, draft: Draft) -> bytes:
    """The notice of one draft as it goes to the leading group."""
    content = queries.content_of(draft)
    sealed = {
        "cycle": cycle.code,
        "name": cycle.name,
        "host": cycle.host.name,
        "number": 0,
        "reason": "",
        "document_number": "",
        "supersedes": None,
        "sealed_on": "",
        "parts": [{"scope": draft.scope, "draft": content, "digest": draft.digest, "approval": {}}],
        "results": content["results"],
    }
    facts = Facts.of(sealed, draft.digest, is_draft=True)
    paper = begin(
        f"关于{facts.year}年度{facts.name}结果的通报(送审稿)".replace("(", "（").replace(")", "）"),
        f"送审稿 校验码 {draft.code} {draft.digest}",
    )
    say(paper, "各参评单位：", flush=True)
    say(
        paper,
        f"根据{facts.year}年度{facts.name}工作方案，经{facts.approved_words}，现将结果通报如下。".replace(
            "(", "（"
        ).replace(")", "）"),
    )
    for block in facts.blocks:
        say(paper, f"{block.heading}、{block.name}", heading=True)
        rows = [
            (row["rank"], row["unit"], row["preliminary"], row["net"], row["final"], row["remark"])
            for row in block.rows
        ]
        table(paper, ("名次", "单位", "初步得分", "加减分", "最终得分", "备注"), rows)
    sign(paper, facts.host, f"{BLANK[:4]}年{BLANK[:2]}月{BLANK[:2]}日")
    return content_of(paper)


def briefing(
    cycle: Cycle, found: Sequence[Now], check: CheckUp, digest: str, since: Sequence[Difference] | None
) -> bytes:
    """What the leading group hears: who leads, what changed, what is open, narrow places, ties, the sample.

    `since` is what differs from what was heard last; None when nothing was heard before.
    """
    code = edition.short_code(digest)
    paper = begin(f"{cycle.year}年度考评初审汇报（送审稿）", f"送审稿 校验码 {code} {digest}")
    say(paper, "一、名次", heading=True)
    for now in found:
        for block in now.draft["results"]["blocks"]:
            leaders = [row for row in block["rows"] if row["rank"] <= LEADERS]
            words = "；".join(f"第{row['rank']}名{row['unit']}{row['final']}分" for row in leaders)
            say(paper, f"{block['name']}（{len(block['rows'])}个单位）：{words}。")
    say(paper, "二、上次初审以来的变动", heading=True)
    if not since:
        say(paper, "本次为首次初审。" if since is None else "无。")
    else:
        table(
            paper, ("位置", "原值", "现值"), [(words_of(d), d.before, d.after) for d in since[:MOST_CHANGES]]
        )
        if len(since) > MOST_CHANGES:
            say(paper, f"共{len(since)}处，此处列前{MOST_CHANGES}处，其余见系统初审页面。")
    say(paper, "三、待决事项", heading=True)
    for lack in check.lacks:
        say(paper, lack.text)
    if not check.lacks:
        say(paper, "无。")
    say(paper, "四、分差不足0.05分的名次和涉奖并列", heading=True)
    if check.narrow:
        rows = [(n.block, n.rank, n.above, n.below, n.gap) for n in check.narrow]
        table(paper, ("序列", "名次", "前一单位", "后一单位", "分差"), rows)
    for tie in check.ties:
        say(paper, f"{tie.block}第{tie.rank}名并列：{'、'.join(tie.units)}，{tie.final}分。")
    if not check.narrow and not check.ties:
        say(paper, "无。")
    say(paper, "五、打分无差别的责任单位", heading=True)
    for flat in check.flat:
        say(paper, f"{flat.lead}对{flat.block}{flat.sub_item}的{flat.units}个单位均评{flat.points}分。")
    if not check.flat:
        say(paper, "无。")
    say(paper, "六、未见原件的依据材料", heading=True)
    for line in check.without_paper or ["无。"]:
        say(paper, line)
    say(paper, "七、抽样核对（按校验码公开抽取）", heading=True)
    table(
        paper,
        ("序列", "单位", "中项", "类别", "得分", "与纸质核对"),
        [(s.block, s.unit, s.sub_item, s.kind, s.points, "＿＿＿＿") for s in check.sample],
    )
    return content_of(paper)
