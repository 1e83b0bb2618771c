"""Closed tickets made up from a seed, to try leader callbacks with. Nobody in them exists."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from adapters.leader import ClosedTicket, Step

UNITS = ("市城市管理局", "市住房和城乡建设局", "市公安局", "市人力资源和社会保障局", "市交通运输局")
_MATTERS = (
    ("路灯不亮", "路灯坏了一个多星期，晚上出门看不见路。"),
    ("占道经营", "路口摆摊把人行道占满了，只能走到马路上。"),
    ("噪音扰民", "楼下施工到半夜，老人孩子没法休息。"),
    ("垃圾没人清", "垃圾桶满了好几天，味道很大。"),
    ("小区停水", "没有通知就停水，问物业说不清楚。"),
    ("工资拖欠", "工地干了三个月，工资一直没有发。"),
)
_COUNTIES = ("海城区", "银海区", "铁山港区", "合浦县")
_NAMES = "赵钱孙李周吴郑王冯陈"


def made_up(count: int, *, seed: int, now: datetime) -> list[ClosedTicket]:
    """``count`` tickets closed within the 60 days before ``now``; numbers begin with 000."""
    lot = random.Random(seed)
    return [_ticket(n, lot, now) for n in range(count)]


def _ticket(n: int, lot: random.Random, now: datetime) -> ClosedTicket:
    closed = now - timedelta(days=lot.uniform(1, 60))
    unit = lot.choice(UNITS)
    title, content = lot.choice(_MATTERS)
    result = lot.choices(("解决", "部分解决", "未解决"), (75, 13, 12))[0]
    dissatisfied = lot.random() < (0.5 if result == "未解决" else 0.06)
    opened = closed - timedelta(days=lot.uniform(2, 12))
    return ClosedTicket(
        ticket_no=f"BH{opened:%Y%m%d}8{n:05d}",
        unit=unit,
        closed=closed,
        type=lot.choices(("求助", "投诉", "举报"), (60, 36, 4))[0],
        title=title,
        content=content,
        place=f"示例路{lot.randrange(1, 200)}号",
        county=lot.choice(_COUNTIES),
        contact_name=f"{lot.choice(_NAMES)}{lot.choice(('先生', '女士'))}",
        number=f"0000000{n % 10_000:04d}",
        created=opened,
        reply="已派人到场查看处理。",
        result=result,
        satisfaction="不满意" if dissatisfied else lot.choice(("满意", "基本满意")),
        reason=lot.choice(("没人联系", "处理太慢", "答复不实")) if dissatisfied else "",
        repeated=lot.choices((1, 2, 3), (88, 9, 3))[0],
        difficult=lot.random() < 0.04,
        confidential=lot.choices(("公开", "对承办单位隐名", "全程保密"), (90, 7, 3))[0],
        leave_alone=lot.random() < 0.03,
        in_procedure=lot.random() < 0.02,
        history=(
            Step(opened, "已派单", unit),
            Step(closed - timedelta(days=1), "已反馈", unit, "已处理"),
            Step(closed, "已办结", unit),
        ),
    )
