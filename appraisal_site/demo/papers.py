"""The demo's papers: commendations, top threes, a list of criticism, rewards of both pools, a veto, a yellow card.

All of it is fictional; every scan is drawn here and says so.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from appraisal_site.demo.people import People
from bonuses.actions import adjustments, documents, vetoes
from bonuses.actions.vetoes import VetoDraft
from bonuses.claims import Claim, PaperDraft
from bonuses.models import Adjustment, AdjustmentState, DocumentKind, Pool
from office.models import StoredFile
from units.hats import Hat
from units.models import Cycle, Unit

NOTICE = "演示数据，纯属虚构"
FACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/arphic/ukai.ttc",
)
TOWNS_REWARDED = ("青山乡", "白水乡", "枫林乡", "东河镇", "西岭镇", "城东街道")


@dataclass(frozen=True, slots=True)
class Sample:
    """One paper of the demo and what it does; `by` "official" lets the unit itself claim."""

    units: tuple[str, ...]
    kind: str
    issuer: str
    number: str
    title: str
    month: int
    day: int
    scope: str = "综合"
    honoured: str = "本单位"
    rank: int | None = None
    year: int = 2012
    by: str = "office1"
    leader: str = ""
    pool: str = ""
    listed: str = ""
    matter: str = ""


def _praise(
    unit: str,
    issuer: str,
    number: str,
    about: str,
    month: int,
    day: int,
    *,
    scope: str = "综合",
    honoured: str = "本单位",
    by: str = "office1",
) -> Sample:
    title = f"关于表彰2012年度{about}先进单位的决定"
    return Sample((unit,), "表彰", issuer, number, title, month, day, scope, honoured, by=by)


SAMPLES: tuple[Sample, ...] = (
    _praise("青山乡", "国家发展和改革委员会", "国发改〔2012〕118号", "县域经济综合工作", 3, 12),
    _praise("青山乡", "省人民政府", "省府字〔2012〕36号", "农村综合改革", 5, 8),
    _praise("青山乡", "省农业厅", "省农字〔2012〕77号", "农业农村综合工作", 9, 20),
    _praise("白水乡", "省委省政府", "省发〔2012〕9号", "平安建设综合工作", 4, 16),
    _praise("枫林乡", "省农业厅", "省农字〔2012〕51号", "农业产业化", 6, 6, scope="单项"),
    _praise("东河镇", "设区市委市政府", "设发〔2012〕21号", "综合目标管理", 7, 2),
    _praise("西岭镇", "设区市人民政府", "设府字〔2012〕44号", "城镇建设", 8, 9, scope="单项"),
    _praise("南桥镇", "省人民政府", "省府字〔2012〕61号", "民生工程", 10, 11, honoured="基层站所"),
    _praise("城东街道", "省委组织部", "省组字〔2012〕30号", "党建综合工作", 6, 28),
    _praise("城南街道", "市委市政府", "市发〔2012〕15号", "综合工作", 2, 20),
    _praise("市委组织部", "中央组织部", "中组发〔2012〕19号", "组织工作", 6, 25),
    _praise("市委宣传部", "省委", "省发〔2012〕27号", "宣传思想工作", 11, 5),
    _praise("市委政法委", "中央政法委", "中政委〔2012〕8号", "社会管理综合工作", 9, 3),
    _praise("市信访局", "省委省政府", "省发〔2012〕31号", "信访工作", 12, 3),
    _praise("市档案局", "行业协会", "协会字〔2012〕2号", "档案服务", 5, 18),
    _praise("团市委", "省委", "省发〔2012〕22号", "青年工作", 5, 4, scope="单项"),
    _praise("市财政局", "省财政厅", "省财字〔2012〕90号", "财政综合工作", 10, 24),
    _praise("市农业局", "省农业厅", "省农字〔2012〕83号", "农业工作", 11, 19),
    _praise("市发改委", "省发展和改革委员会", "省发改字〔2012〕66号", "重点项目", 9, 27, scope="单项"),
    _praise("市卫生局", "设区市人民政府", "设府字〔2012〕58号", "卫生综合工作", 12, 10),
    _praise("市公安局", "省人民政府", "省府字〔2012〕70号", "公安工作", 8, 1, honoured="个人"),
    _praise("竹溪乡", "省人民政府", "省府字〔2012〕88号", "新农村建设", 11, 28, by="official"),
    _praise("云峰乡", "设区市委", "设发〔2012〕40号", "基层组织建设", 12, 14, by="official"),
    Sample(("市水利局",), "表彰", "省人民政府", "省府字〔2011〕120号", "关于表彰2011年度冬修水利先进集体的决定", 12, 26, year=2011),
    Sample(("市财政局",), "前三名", "设区市财政局", "设财字〔2012〕101号", "关于2012年度财政综合工作考评结果的通报", 12, 18, rank=2),
    Sample(("市农业局",), "前三名", "设区市农业局", "设农字〔2012〕95号", "关于2012年度农业综合工作考评结果的通报", 12, 20, rank=1),
    Sample(("市扶贫移民办",), "前三名", "设区市农业局", "设农字〔2012〕97号", "关于2012年度扶贫单项工作考评结果的通报", 12, 21, scope="单项", rank=3),
    Sample(
        ("龙潭乡", "石门镇", "市矿管局"), "通报批评", "设区市委市政府", "设办通报〔2012〕14号",
        "关于矿山环境整治不力单位的通报", 8, 22, matter="矿山环境整治",
    ),
    Sample(("龙潭乡",), "通报批评", "市纪委", "市纪通报〔2012〕6号", "关于矿山环境整治不力问题的通报", 8, 30, matter="矿山环境整治"),
    Sample(("北渡镇",), "通报批评", "市委市政府督查室", "督查通报〔2012〕3号", "关于项目进展缓慢单位的通报", 7, 16),
    Sample(("市房管局",), "通报批评", "省财政厅", "省财监〔2012〕12号", "关于保障房资金拨付迟缓的通报", 10, 8),
    Sample(("市城管局",), "通报批评", "", "", "市领导在市容整治督办单上的批示", 9, 12, leader="市领导 丙"),
    Sample(("市粮食局",), "通报批评", "国务院办公厅", "国办通报〔2012〕5号", "关于粮食库存检查情况的通报", 6, 15),
    *(
        Sample(
            (name,), "奖励加分", "市重点项目推进工作领导小组", "重点办〔2012〕9号",
            "关于重点项目推进工作奖励加分的通知", 12, 24, pool="重点项目推进工作", listed=points,
        )
        for name, points in zip(TOWNS_REWARDED, ("8", "6.5", "5", "12", "3", "2.5"), strict=True)
    ),
    *(
        Sample(
            (name,), "奖励加分", "市创建卫生城市领导小组", "创卫办〔2012〕17号",
            "关于创建卫生城市工作奖励加分的通知", 12, 25, pool="创建卫生城市", listed=points,
        )
        for name, points in (("城东街道", "10"), ("城西街道", "7"), ("城南街道", "6"), ("市城管局", "9"), ("市卫生局", "5"))
    ),
)  # fmt: skip


def write(cycle: Cycle, everybody: People, *, spared: Collection[str] = ()) -> None:
    """Enter every sample by its first person, verify most by the second, join the matter, note two vetoes.

    Units that are `spared` get no points, so that their ties stay.
    """
    office, second = everybody.hats["office1"], everybody.hats["office2"]
    units = {unit.name: unit for unit in Unit.objects.filter(memberships__block__cycle=cycle).distinct()}
    pools = {pool.name: pool for pool in Pool.objects.filter(cycle=cycle)}
    matters: dict[str, list[int]] = {}
    versions: dict[int, int] = {}
    for number, sample in enumerate(SAMPLES):
        named = [units[name] for name in sample.units if name not in spared]
        if not named:
            continue
        by = everybody.official_of(named[0]) if sample.by == "official" else office
        rows = adjustments.propose(
            by=by,
            cycle=cycle,
            units=named,
            claim=Claim(
                kind=sample.kind,
                scope=sample.scope,
                honoured=sample.honoured,
                rank=sample.rank,
                pool=pools.get(sample.pool),
                listed=Decimal(sample.listed) if sample.listed else None,
                carried_over=sample.year != cycle.year,
                proof="2011年度加减分登记簿未列入" if sample.year != cycle.year else "",
            ),
            paper=_paper(sample),
            file=_scan(sample, by),
        )
        for row in rows:
            if sample.matter:
                matters.setdefault(sample.matter, []).append(row.pk)
            if sample.by != "official":
                versions[row.pk] = row.version
        if number % 3 == 0 and sample.by != "official":
            documents.mark_original_seen(
                by=second, cycle=cycle, document_id=rows[0].document_id, box_number=f"2012-{number // 10 + 1}"
            )
    for title, ids in matters.items():
        adjustments.put_into_matter(by=office, cycle=cycle, adjustment_ids=ids, title=title)
    versions.update(Adjustment.objects.filter(pk__in=versions).values_list("pk", "version"))
    adjustments.verify_many(by=second, cycle=cycle, versions=versions)
    _vetoes(cycle, everybody, units)


def decide_the_open_ones(cycle: Cycle, everybody: People) -> None:
    """What waits and can be verified is; the criticism without a tariff is rejected, so that nothing is held."""
    second = everybody.hats["office2"]
    waiting = Adjustment.objects.filter(membership__block__cycle=cycle, state=AdjustmentState.PROPOSED)
    outcome = adjustments.verify_many(
        by=second, cycle=cycle, versions=dict(waiting.values_list("pk", "version"))
    )
    for row, _refusal in outcome.left:
        adjustments.reject(
            by=second, cycle=cycle, adjustment_id=row.pk, reason="标准未列该级别，经领导小组研究不予扣分"
        )


def _vetoes(cycle: Cycle, everybody: People, units: dict[str, Unit]) -> None:
    office, leader = everybody.hats["office1"], everybody.hats["leader1"]
    for unit, field, level, body, number, title in (
        (
            "石门镇",
            "安全生产",
            "否决",
            "市安全生产委员会",
            "市安委〔2012〕11号",
            "关于石门镇安全生产一票否决的决定",
        ),
        (
            "市交通运输局",
            "信访",
            "黄牌警告",
            "市信访联席会议",
            "信联〔2012〕7号",
            "关于对市交通运输局黄牌警告的决定",
        ),
    ):
        on = date(2012, 11, 20)
        row = vetoes.propose_veto(
            by=office,
            cycle=cycle,
            unit=units[unit],
            veto=VetoDraft(field=field, level=level, deciding_body=body, on=on),
            paper=PaperDraft(number=number, title=title, issuer=body, on=on),
            file=documents.keep_file([pdf([body, number, title, NOTICE])], f"{number}.pdf", office),
        )
        vetoes.confirm_veto(by=leader, cycle=cycle, veto_id=row.pk, version=row.version)


def _paper(sample: Sample) -> PaperDraft:
    return PaperDraft(
        kind=DocumentKind.SIGNED if sample.leader else DocumentKind.FORMAL,
        number=sample.number,
        title=sample.title,
        issuer=sample.issuer,
        leader=sample.leader,
        words="请在全市通报批评，限期整改。" if sample.leader else "",
        on=date(sample.year, sample.month, sample.day),
    )


def _scan(sample: Sample, by: Hat) -> StoredFile:
    if sample.leader:
        return documents.keep_file([png(sample.title)], "批示原件.png", by)
    lines = [
        sample.issuer,
        sample.number,
        sample.title,
        f"{sample.year}年{sample.month}月{sample.day}日",
        NOTICE,
    ]
    return documents.keep_file([pdf(lines)], f"{sample.number}.pdf", by)


def pdf(lines: list[str]) -> bytes:
    """One page as a scanner would make it: the drawn sheet inside a PDF."""
    out = io.BytesIO()
    page_of(lines).save(out, "PDF", resolution=72)
    return out.getvalue()


def png(words: str) -> bytes:
    """The same as a picture."""
    out = io.BytesIO()
    page_of([words, NOTICE]).save(out, "PNG", optimize=True)
    return out.getvalue()


@cache
def _face(size: int) -> ImageFont.FreeTypeFont | None:
    """A Chinese face of this machine, None when it has none: the sheet then carries strokes instead of words."""
    for path in FACES:
        if Path(path).exists():
            return ImageFont.truetype(path, size)
    return None


def page_of(lines: list[str]) -> Image.Image:
    """A sheet with ruled lines, the words and a seal."""
    page = Image.new("RGB", (595, 842), "#fbfaf6")
    draw = ImageDraw.Draw(page)
    face = _face(20)
    for row, line in enumerate(lines):
        y = 120 + row * 60
        draw.line((60, y + 36, 535, y + 36), fill="#c9c4b8")
        if face is not None:
            draw.text((60, y), line, fill="#222222", font=face)
            continue
        for n, letter in enumerate(line[:30]):
            turn = ord(letter) % 360 / 57.3
            x = 66 + n * 15
            draw.line(
                (x, y + 20, x + 11 * math.cos(turn), y + 20 + 11 * math.sin(turn)), fill="#222222", width=2
            )
    draw.ellipse((390, 600, 510, 720), outline="#b3261e", width=6)
    return page
