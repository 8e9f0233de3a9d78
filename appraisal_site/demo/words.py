"""The fictional words of the demo year: surnames, reasons of deductions, why something hardly involves a unit.

Plain data.  Which unit meets which reason is drawn in figures.py.
"""

from __future__ import annotations

from dataclasses import dataclass

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"

# Sub-item → what points were taken off for.  A sub-item that is not listed takes from ANY_REASON.
REASONS: dict[str, tuple[str, ...]] = {
    "决战园区": ("园区项目开工率低于年度任务", "企业用工协调迟于约定时间", "两家入园企业未按期投产"),
    "招商引资": ("外出招商次数不足", "一个签约项目未落地", "到位资金凭证不全"),
    "招商引资工作": ("到位资金低于年度任务", "洽谈项目未转为签约", "项目月报迟报"),
    "城镇建设": ("集镇排水改造未完工", "违章建筑拆除滞后", "主街路灯损坏未修复"),
    "城建推进工作": ("征迁任务未按月完成", "在建工程进度滞后", "工地围挡不规范"),
    "旅游启动": ("旅游线路标识未设置", "农家乐登记不全", "宣传资料未更新"),
    "旅游开发推进工作": ("景点配套工程滞后", "项目资金未及时到位", "游客接待统计漏报"),
    "发展环境": ("企业来件超期答复", "收费公示栏未更新"),
    "服务“六个年”活动及发展环境优化": ("挂点企业走访次数不足", "办事时限超出承诺", "活动简报迟报"),
    "双向承诺业务兑现情况": ("一项承诺事项未按期兑现", "兑现情况佐证资料不全", "季度进展报告迟报"),
    "重点项目推进情况": ("重点项目投资进度滞后", "项目协调会议定事项未落实", "项目月报数据前后不一"),
    "社会治安综合治理": ("矛盾纠纷排查台账不全", "发生一起可防性案件", "普法宣传次数不足"),
    "群众及信访工作": ("一件来信超期办结", "领导接访记录不全", "重复信访未及时化解"),
    "群众及信访": ("一件来信超期办结", "领导接访记录不全", "重复信访未及时化解"),
    "安全生产": ("一处隐患整改超期", "应急演练少一次", "安全检查记录不全"),
    "环境保护": ("排污检查记录缺一季", "垃圾清运不及时"),
    "精神文明创建": ("志愿活动少一次", "创建档案不全"),
    "计划生育": ("统计报表迟报", "流动人口登记不全", "服务随访记录缺漏"),
    "群团工作": ("工会换届滞后", "青年活动阵地未启用"),
    "财税工作": ("税收入库进度滞后", "预算调整未按时报备", "非税收入分类有误"),
    "基层劳动保障及社会保险": ("参保扩面任务未完成", "劳动监察案件超期"),
    "社会救助工作": ("低保复核迟于规定时间", "救助资金公示不全"),
    "教育工作": ("校舍维修项目未完工", "学前教育普及率偏低"),
    "医疗保障水平": ("村卫生室药品登记不全", "合作医疗补偿公示滞后"),
    "农业工作": ("粮食播种面积低于任务", "农技培训少一期"),
    "林业工作": ("造林成活率偏低", "防火值班记录不全"),
    "水利工作": ("冬修水利工程未完工", "小型水库巡查记录缺漏"),
    "扶贫移民": ("移民建房验收滞后", "扶贫资金拨付迟缓"),
    "新农村建设": ("示范点改厕任务未完成", "村庄保洁不到位"),
    "组织工作": ("党员发展材料不全", "干部培训少一次"),
    "宣传工作": ("外宣稿件数不足", "学习中心组记录不全"),
    "廉政反腐建设": ("廉政谈话记录不全", "党务公开迟于规定时间"),
    "统战工作": ("联系走访次数不足", "民主党派座谈会少一次"),
    "人民武装": ("民兵整组资料不全", "征兵宣传次数不足"),
}
ANY_REASON = ("资料报送迟于规定时间", "佐证资料不全")
NOTHING_DONE = "全年未启动"


@dataclass(frozen=True, slots=True)
class HardlyInvolved:
    """A 基本不涉及 of the demo.  `proposed_by` is an account, or "lead" for the sub-item's own lead.

    `decided` is None while the second person has not looked yet; `in_the_end` is what comes of it then.
    """

    block: str
    unit: str
    sub_item: str
    reason: str
    proposed_by: str = "office1"
    decided: bool | None = True
    in_the_end: bool = True
    rejected_because: str = ""


HARDLY_INVOLVED = (
    HardlyInvolved("乡镇口", "城东街道", "林业工作", "辖区内没有林地"),
    HardlyInvolved("乡镇口", "城西街道", "扶贫移民", "辖区内没有移民村", "lead"),
    HardlyInvolved("乡镇口", "市集团公司", "扶贫移民", "企业不承担移民任务", "lead"),
    HardlyInvolved("乡镇口", "市集团公司", "新农村建设", "企业没有行政村"),
    HardlyInvolved("市委党群口", "市委机要局", "服务“六个年”活动及发展环境优化", "不面向社会办理业务"),
    HardlyInvolved("市委党群口", "市干教中心", "计划生育", "没有管理对象"),
    HardlyInvolved("市直单位口", "市统计局", "重点项目推进情况", "本年没有承担重点项目", "lead"),
    HardlyInvolved("市直单位口", "市物价局", "重点项目推进情况", "本年没有承担重点项目", "lead"),
    HardlyInvolved("市直单位口", "市药监局", "重点项目推进情况", "本年没有承担重点项目"),
    HardlyInvolved("乡镇口", "城南街道", "林业工作", "辖区内林地很少", decided=None),
    HardlyInvolved(
        "市直单位口",
        "市人防办",
        "重点项目推进情况",
        "本年没有承担重点项目",
        "lead",
        decided=None,
        in_the_end=False,
        rejected_because="承担人防指挥所维修项目,应当计分",
    ),
)
