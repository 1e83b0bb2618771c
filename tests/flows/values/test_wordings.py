"""What callers really say, field by field of the catalogue."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.catalogue import SlotSpec
from flows.commands import Digits, Say, Text
from flows.gazetteer import Gazetteer
from flows.values.filed import window
from flows.values.kinds import kind
from flows.values.places import grid_of, place_of
from flows.values.value import Setting, Taken, Value
from tests.flows.values.conftest import CALLER, NOW, Place

HEARD = [
    ("name", "我叫张伟", "张伟"),
    ("name", "张伟弓长张伟大的伟", "张伟"),
    ("name", "姓张叫张伟", "张伟"),
    ("name", "我叫章伟弓长张", "张伟"),
    ("name", "立早章伟大的伟", "章伟"),
    ("name", "工厂章伟大的伟", "张伟"),
    ("name", "不是弓长张是立早章章伟", "章伟"),
    ("name", "耳东陈建国建设的建国家的国", "陈建国"),
    ("name", "欧阳娜娜", "欧阳娜娜"),
    ("name", "我姓覃叫覃海燕", "覃海燕"),
    ("name", "李明明天的明", "李明"),
    ("name", "我叫胡零不约束零龙的零", "胡玲"),
    ("name", "我叫陈学阿公哲学滑得血", "陈雪"),
    ("mobile", "就用这个号码", CALLER),
    ("mobile", "可以的", CALLER),
    ("mobile", "换一个一三九零零零零五六七八", "13900005678"),
    ("mobile", "我的手机是幺三九三个零零五六七八", "13900005678"),
    ("plate", "桂鹅一二三四五", "桂E12345"),
    ("plate", "贵一幺二三四五", "桂E12345"),
    ("plate", "车牌是桂E D一二三四五", "桂ED12345"),
    ("plate", "广西桂E八八八六六", "桂E88866"),
    ("plate", "对二三六七四零", "桂E36740"),
    ("plate", "粤B八八八八八", "粤B88888"),
    ("rent_amt", "一千五", "1500"),
    ("rent_amt", "一个月八百", "800"),
    ("rent_amt", "两千三百块", "2300"),
    ("load_kw", "八千瓦", "8"),
    ("load_kw", "十五个千瓦", "15"),
    ("shop_area", "一百二十多平", "120"),
    ("vehicle_num", "两辆", "2"),
    ("lost_time", "昨天晚上", "2026-11-22 晚上"),
    ("lost_time", "上周三下午三点半", "2026-11-18 15:30"),
    ("lost_time", "国庆节那天", "2026-10-01"),
    ("appoint", "下礼拜三上午", "2026-12-02 上午"),
    ("appoint", "大后天", "2026-11-26"),
    ("appoint", "这个月三十号", "2026-11-30"),
    ("appoint", "下个星期", "2026-11-30/2026-12-06"),
    ("child_birth", "二零二五年三月一号", "2025-03-01"),
    ("child_birth", "二零二五零三零一", "2025-03-01"),
    ("period", "从去年三月到今年五月", "2025-03/2026-05"),
    ("period", "二零二五年三月到十二月", "2025-03/2025-12"),
    ("period", "最近三年", "2023-11/2026-11"),
    ("addr", "我住在银海区美和家园三栋二单元", "银海区美和家园三栋二单元"),
    ("addr", "侨港镇侨北社区三栋", "银海区侨港镇侨北社区三栋"),
    ("hukou", "海城区地角街道", "海城区地角街道"),
    ("hukou", "广西桂林", "广西壮族自治区桂林市"),
    ("treat_city", "去广州看病", "广东省广州市"),
    ("treat_city", "难宁", "广西壮族自治区南宁市"),
    ("marital", "结婚了", "已婚"),
    ("marital", "我没有结婚", "未婚"),
    ("bank", "农行", "农业银行"),
    ("consent", "我同意", "同意"),
    ("consent", "不同意", "不同意"),
    ("org", "我们公司叫北海市海兴物流有限公司", "北海市海兴物流有限公司"),
    ("card_tail", "后四位是一二三四", "1234"),
    ("uscc", "诶必一二三四", "AB1234"),
]


def in_slot(slots: dict[str, SlotSpec], gazetteer: Gazetteer, name: str) -> Setting:
    slot = slots[name]
    return Setting(slot, slot.choices, NOW, CALLER, "0779", gazetteer)


@pytest.mark.parametrize(("name", "said", "text"), HEARD)
def test_heard(
    slots: dict[str, SlotSpec], gazetteer: Gazetteer, name: str, said: str, text: str
) -> None:
    taken = kind(slots[name].type).hear(said, in_slot(slots, gazetteer, name))
    assert taken.value is not None, taken
    assert taken.value.text == text


@pytest.mark.parametrize(
    ("name", "said", "problem"),
    [
        ("id_no", "四五零五零二一九九零零三零七一二三四", "value.id_no.check"),
        ("mobile", "二零三五六七八", "value.mobile.landline"),
        ("mobile", "一三九一二三四五六七八九", "value.mobile.wrong"),
        ("lost_time", "明天", "value.date.future"),
        ("lost_time", "中秋节", "value.date.lunar"),
        ("appoint", "昨天", "value.date.past"),
        ("child_birth", "今年三月", "value.date.day"),
        ("period", "从去年三月", "value.period.until"),
        ("addr", "北海大道十二号", "value.address.county"),
        ("addr", "海城区", "value.address.detail"),
        ("name", "姓张", "value.person_name.given"),
        ("name", "不知道", "value.needed"),
        ("rent_amt", "之前快", ""),
        ("bank_card", "六二二八四八零零", "value.bank_card.never"),
    ],
)
def test_what_is_wrong_or_missing(
    slots: dict[str, SlotSpec], gazetteer: Gazetteer, name: str, said: str, problem: str
) -> None:
    where = in_slot(slots, gazetteer, name) if name in slots else None
    if where is None:
        slot = SlotSpec("收款银行卡", "bank_card", False, "请在短信链接里填写。")
        where = Setting(slot, (), NOW, CALLER, "0779", gazetteer)
    taken = kind(where.slot.type).hear(said, where)
    assert taken.value is None
    assert taken.problem == problem


@pytest.mark.parametrize(
    ("name", "first", "then", "text"),
    [
        ("addr", "北海大道十二号", "海城区", "海城区北海大道十二号"),
        ("child_birth", "今年三月", "十二号", "2026-03-12"),
        ("period", "从去年三月", "到今年五月", "2025-03/2026-05"),
        ("name", "我姓张", "建国", "张建国"),
        ("mobile", "幺三九零零", "零零五六七八", "13900005678"),
        ("plate", "桂鹅一二", "三四五", "桂E12345"),
    ],
)
def test_said_in_two_answers(
    slots: dict[str, SlotSpec], gazetteer: Gazetteer, name: str, first: str, then: str, text: str
) -> None:
    where = in_slot(slots, gazetteer, name)
    one = kind(where.slot.type)
    beginning = one.hear(first, where)
    assert beginning.part
    taken = one.hear(then, where, beginning.part)
    assert taken.value is not None, taken
    assert taken.value.text == text


@pytest.mark.parametrize(
    ("said", "name"), [("是维护的维", "章维"), ("弓长张", "张伟"), ("我叫张威威风的威", "张威")]
)
def test_a_name_is_corrected_at_its_read_back(setting: Place, said: str, name: str) -> None:
    taken = kind("person_name").hear(said, setting("person_name"), "章伟")
    assert taken.value is not None
    assert taken.value.text == name


@pytest.mark.parametrize(
    "said", ["没有水", "你们什么时候上班", "我要投诉", "转人工", "等一下", "再说一遍"]
)
def test_what_is_no_name(setting: Place, said: str) -> None:
    assert kind("person_name").hear(said, setting("person_name")).value is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mobile", "我邻居的电话是一三九零零零零五六七八"),
        ("id_no", "我老婆的身份证是11010519491231002X"),
        ("name", "我叫他来他不来"),
        ("consent", "我同意你说的可是水还是没来"),
        ("addr", "海城区那边的路灯坏了"),
        ("period", "去年三月就报过了"),
    ],
)
def test_nothing_uncertain_is_found_in_passing(
    slots: dict[str, SlotSpec], gazetteer: Gazetteer, name: str, sentence: str
) -> None:
    assert kind(slots[name].type).find(sentence, in_slot(slots, gazetteer, name)) == Taken()


@pytest.mark.parametrize(
    ("type", "text", "speech"),
    [
        ("cn_id18", "11010519491231002X", (Say("value.tail"), Digits("002X"))),
        ("alnum", "4505123456", (Say("value.tail"), Digits("3456"))),
        ("cn_mobile", "13900005678", (Digits("13900005678"),)),
        ("plate", "桂E12345", (Digits("桂E12345"),)),
        ("money", "1500", (Text("1500元"),)),
        ("date", "2025-03-01", (Text("2025年3月1日"),)),
        ("datetime", "2026-12-02 上午", (Text("12月2日，星期三，上午"),)),
        ("datetime", "2026-11-24 15:30", (Text("11月24日，星期二，下午3点30分"),)),
        ("person_name", "张伟", (Text("张伟，弓长张，伟大的伟"),)),
        ("division", "银海区侨港镇", (Say("county.450503"), Say("town.450503103"))),
        ("bank_card", "", (Say("value.bank_card.link"),)),
    ],
)
def test_read_back(setting: Place, type: str, text: str, speech: tuple[object, ...]) -> None:
    assert kind(type).read_back(Value(text), setting(type)) == speech


@pytest.mark.parametrize("type", ["cn_id18", "alnum", "bank_card"])
def test_private_values_are_keyed_masked(setting: Place, type: str) -> None:
    keys = kind(type).keys(setting(type))
    assert kind(type).private
    assert keys is not None
    assert keys.masked


def test_a_refusal_leaves_only_an_optional_field_empty(setting: Place) -> None:
    row = kind("digits")
    assert row.hear("不记得了", setting("digits")).value is None
    assert row.hear("不记得了", setting("digits", optional=True)).value == Value("", "不记得了")


def test_a_withheld_number_cannot_be_used(setting: Place) -> None:
    taken = kind("cn_mobile").hear("就用这个号码", setting("cn_mobile", caller=""))
    assert taken.problem == "value.phone.withheld"


def test_bounds_of_a_number(setting: Place) -> None:
    where = setting("int", least=1, most=10)
    assert kind("int").hear("零", where).problem == "value.number.small"
    assert kind("int").hear("二十", where).problem == "value.number.large"
    assert kind("int").hear("三点五", where).problem == "value.int.whole"


def test_what_a_filed_time_means() -> None:
    wish = window("2026-12-02 上午")
    assert wish is not None
    assert (wish.since, wish.half) == (datetime(2026, 12, 2), "上午")
    span = window("2026-11-30/2026-12-06")
    assert span is not None
    assert span.until == datetime(2026, 12, 7)
    assert window("长期") is None


def test_the_codes_of_an_address(gazetteer: Gazetteer) -> None:
    value = Value("银海区侨港镇侨港示范社区三第五网格三栋")
    assert place_of(value, gazetteer).town_code == "450503103"
    assert grid_of(value, gazetteer) == "450503103903005"
