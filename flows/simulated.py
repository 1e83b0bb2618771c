"""What the simulator says of what happened, in a few Chinese words each."""

from __future__ import annotations

import msgspec

from flows import requests as rq
from flows.twin import CODE

REQUESTS: dict[type[rq.AnyRequest], str] = {
    rq.CheckIdentity: "核对身份",
    rq.SendCode: "发验证码",
    rq.CheckCode: "核对验证码",
    rq.SendLink: "发短信链接",
    rq.QueryService: "查询",
    rq.AskProgress: "查进度",
    rq.OfferSlots: "查可约时间",
    rq.BookSlot: "预约",
}


def told(reply: rq.AnyReply) -> str:
    """A reply in a few words."""
    match reply:
        case rq.IdentityChecked():
            return "一致" if reply.matches else "不一致"
        case rq.CodeSent():
            return f"已发（{CODE}）"
        case rq.CodeChecked():
            return "正确" if reply.right else f"不对，还可以试 {reply.tries_left} 次"
        case rq.LinkSent():
            return f"已发（{reply.reference}）"
        case rq.QueryAnswered():
            return f"{len(reply.sentences)} 句" if reply.sentences else "没有查到"
        case rq.ProgressTold():
            return f"{len(reply.matters)} 件"
        case rq.SlotsOffered():
            return f"{len(reply.slots)} 个"
        case rq.SlotBooked():
            return f"约好（{reply.reference}）"
        case rq.SlotGone():
            return "已被约走"


MEANINGS = {
    "/silence": "（没有声音）",
    "/noise": "（听不清）",
    "/hangup": "来电人挂机",
    "/speech-lost": "语音识别中断",
    "/speech-back": "语音识别恢复",
    "/transfer-ends": "对方挂机",
    "/seat-free": "有坐席空出来",
    "/too-long": "等得太久",
}


def joined(values: msgspec.Struct) -> str:
    """What is known, in a line."""
    known = msgspec.structs.asdict(values)
    return "，".join(f"{name}={value}" for name, value in known.items() if value)
