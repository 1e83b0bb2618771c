"""A caller who answers whatever a service asks: by keys, by voice, or now this, now that."""

from __future__ import annotations

from typing import Literal

from stdnum.cn import ric

from flows.catalogue import Choice
from flows.dialogue import FlowData
from flows.simulator import Simulation
from flows.twin import CODE

How = Literal["keys", "voice", "mixed"]

ID_BODY = "45050219900101123"
ID_NO = ID_BODY + ric.calc_check_digit(ID_BODY + "0")
MOBILE = "13800001234"
_SPOKEN = str.maketrans("0123456789X", "零幺二三四五六七八九叉")

KEYED = {
    "cn_id18": ID_NO.replace("X", "*"),
    "cn_mobile": MOBILE,
    "landline": "07792035678",
    "phone": MOBILE,
    "date": "20250301",
    "int": "3",
    "number": "50",
    "money": "1500",
    "digits": "12345678",
    "digits4": "1234",
    "alnum": "12345678",
    "bool": "1",
    "choice": "1",
}
SPOKEN = {
    "cn_id18": ID_NO.translate(_SPOKEN),
    "cn_mobile": MOBILE.translate(_SPOKEN),
    "landline": "零七七九二零三五六七八",
    "phone": MOBILE.translate(_SPOKEN),
    "date": "二零二五年三月一号",
    "datetime": "下礼拜三上午",
    "date_range": "从二零二三年三月到二零二四年五月",
    "int": "三",
    "number": "五十",
    "money": "一千五",
    "digits": "幺二三四五六七八",
    "digits4": "幺二三四",
    "alnum": "幺二三四五六七八",
    "person_name": "张三",
    "address": "海城区北部湾中路二十八号",
    "division": "海城区驿马街道",
    "org_name": "北海市第一小学",
    "uscc18": "幺二三四五六",
    "plate": "桂E一二三四五",
    "text": "办理手续用的",
    "bool": "是",
}
# What the kind alone does not tell.
SPOKEN_SLOT = {"lost_time": "昨天下午", "treat_city": "南宁市"}
LATER = {
    "date_to": ("20271231", "二零二七年十二月三十一号"),
    "date_from": ("20261201", "二零二六年十二月一号"),
}


class Caller:
    """Walks through one service's questions; ``choice`` picks among choices, from 0."""

    def __init__(self, data: FlowData, call: Simulation, how: How, choice: int = 0) -> None:
        self._data = data
        self._call = call
        self._how = how
        self._choice = choice
        self._turn = 0
        self.asked: list[str] = []

    def answer(self) -> str | None:
        """What is typed next; None where the service is over."""
        self._turn += 1
        keys = self._how == "keys" or (self._how == "mixed" and self._turn % 2 == 0)
        state = self._call.dialogue.state
        if state == "AskField":
            slot = self._call.dialogue.field
            self.asked.append(slot)
            return self._field(slot, keys)
        by_state = {
            "AskConsent": ("#1", "我同意"),
            "ReadForm": ("#1", "对的"),
            "EnterCode": (f"#{CODE}", f"#{CODE}"),
            "ChooseSlot": ("#2", "第二个"),
            "Answering": ("#1", "继续"),
            "Reading": ("#1", "继续"),
        }
        pair = by_state.get(state)
        return None if pair is None else pair[not keys]

    def finish(self, most: int = 80) -> None:
        """Answer until there is nothing left to answer."""
        for _ in range(most):
            answer = self.answer()
            if answer is None or self._call.over:
                return
            self._call.type(answer)
        raise AssertionError("the service does not come to an end")

    def _field(self, slot: str, keys: bool) -> str:
        spec = self._data.knowledge.catalogue.slots[slot]
        choices = self._choices(slot) or spec.choices
        if choices:
            choice = min(self._choice, len(choices) - 1)
            return f"#{choice + 1}" if keys and choice < 4 else choices[choice].name
        later = LATER.get(slot) if spec.type == "date" else None
        if later is not None:
            return f"#{later[0]}" if keys else later[1]
        if keys and spec.type in KEYED:
            return f"#{KEYED[spec.type]}"
        return SPOKEN_SLOT.get(slot) or SPOKEN[spec.type]

    def _choices(self, slot: str) -> tuple[Choice, ...]:
        draft = self._call.dialogue.draft
        assert draft is not None
        service = self._data.knowledge.catalogue.service(draft.service)
        assert service is not None
        return next((use.choices for use in service.fields if use.slot == slot), ())
