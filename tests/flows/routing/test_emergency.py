from __future__ import annotations

import pytest

from flows.knowledge import Knowledge
from flows.phrases import sample

HEARD = """
em.gas	厨房里好重的煤气味我头都晕了
em.gas	我们楼道里有股没气味怎么办
em.gas	外面施工把天然气管子挖断了嗤嗤响
em.gas	家里楼气了快点来人
em.fire	隔壁房子着火了快来人
em.fire	电动车在楼下充电炸了火很大
em.fire	我家的电箱在冒火花
em.sea	有两个小孩在银滩被浪卷走了
em.sea	我们四个人赶海涨潮了走不回来
em.sea	我老公出海打鱼到现在联系不上
em.sea	有人逆水了快来
em.special_equip	我被关在电梯里了出不来
em.special_equip	电梯停在半中间我妈和孙子困在里面
em.special_equip	游乐园的过山车卡在上面人下不来
em.life	我真的不想活了
em.life	有个女的站在天台边要往下跳
em.life	我妈八十岁早上出门走丢了
em.life	我老公喝醉酒打我拿菜刀追我
em.life	有个老人晕倒在路边没人管
em.life	有人亲生在桥上
em.life	前面撞车了有人流血
em.building	工地的脚手架垮了埋了两个工人
em.building	楼上外墙瓷砖往下掉砸到车了
em.road_collapse	门口马路突然塌了一个大洞
em.road_collapse	路面它陷了车子掉进去了
em.facility	路中间的井盖被人偷了
em.facility	这里阴井盖没有了很危险
em.facility	高压线断了掉在地上
em.facility	有块广告牌摇摇欲坠快砸到人了
em.facility	路边灯杆漏电麻到我的手
em.health	学校食堂吃完饭几十个学生上吐下泻
em.hazmat	高速上油罐车侧翻油漏得到处都是
em.hazmat	河里漂着一大片死鱼水是黑的
em.disaster	水已经淹到二楼了我们出不去
em.disaster	台风把铁皮屋顶掀了砸到人
em.disaster	海水倒灌进村子里了
em.water_power	我们整个小区突然停电了
em.water_power	路边水管爆了水喷得老高
em.crowd	码头上滞留了几百个游客走不了
em.crowd	一大群人聚集在政府门口拉横幅
em.fire	去年也这样，现在又着火了快来
"""

HARMLESS = """
看到通知说明天要停电是几点到几点
计划停水的通知在哪里查
欠费被停电了我交完钱怎么还没来电
燃气费又涨价了怎么回事
台风过后路边的树枝好几天没人清
台风天去涠洲岛的船停不停
楼道堆满杂物万一着火怎么跑
电梯坏了好几天了没人困在里面就是不能用
厨房没通燃气想报装
楼上漏水滴到我家
邻居家烧烤冒烟熏得我受不了
去年台风补偿款还没发
小孩亲生父母不在能上户口吗
我要转人工
太阳能热水器没水怎么回事
老师打学生怎么投诉
物业乱停我们的水逼交物业费
工厂天天冒黑烟
我家的狗不见了
结婚证找不到了
楼上太吵吵得人想死
办残疾证我爸中风瘫痪了
摔伤骨折医保能不能报
买到变质的东西吃了拉肚子
路面积水一下雨就淹
树枝压到电线了建议修剪一下
火车站打车不打表
自行车轮胎漏气
前天消防演习着火那个烟好大
"""


@pytest.mark.parametrize("line", HEARD.split("\n")[1:-1])
def test_an_emergency_is_heard_in_any_wording(knowledge: Knowledge, line: str) -> None:
    kind, text = line.split("\t")
    hit = knowledge.detector.detect(text)
    assert hit is not None
    assert hit.kind == kind
    assert knowledge.router.route(text).emergency == kind
    assert knowledge.router.route(text).intent == kind


@pytest.mark.parametrize("text", HARMLESS.split("\n")[1:-1])
def test_what_only_sounds_like_one_raises_no_alarm(knowledge: Knowledge, text: str) -> None:
    assert knowledge.detector.detect(text) is None
    assert knowledge.router.route(text).emergency is None


def test_no_example_of_another_intent_raises_an_alarm(knowledge: Knowledge) -> None:
    alarms = [
        (intent.id, text)
        for intent in knowledge.intents.values()
        if intent.kind != "em"
        for text in intent.examples
        if knowledge.detector.detect(text)
    ]
    assert alarms == []


def test_nearly_every_example_of_an_emergency_is_heard(knowledge: Knowledge) -> None:
    texts = [
        text
        for kind in knowledge.emergencies.values()
        for pattern in (*kind.keywords, *kind.phrases)
        for text in sample(pattern)
    ]
    deaf = [text for text in texts if knowledge.detector.detect(text) is None]
    assert len(texts) > 500
    assert deaf == []


def test_the_evidence_is_where_the_span_says(knowledge: Knowledge) -> None:
    text = "喂，你好！我家，有股没气味。"
    hit = knowledge.detector.detect(text)
    assert hit is not None
    start, end = hit.span
    assert text[start:end].startswith("有股")
    assert hit.evidence.endswith("煤气味")


def test_the_gravest_of_several_is_told(knowledge: Knowledge) -> None:
    hit = knowledge.detector.detect("停电了，楼下着火了")
    assert hit is not None
    assert hit.kind == "em.fire"


def test_a_partial_result_is_heard_as_soon_as_it_says_enough(knowledge: Knowledge) -> None:
    heard = [
        knowledge.detector.detect("我家厨房着火了"[:length]) is not None for length in range(1, 8)
    ]
    assert heard == [False] * 5 + [True] * 2


def test_silence_is_no_emergency(knowledge: Knowledge) -> None:
    assert knowledge.detector.detect("") is None
    assert knowledge.detector.detect("，。") is None


def test_thirteen_kinds_with_what_to_say_and_whom_to_tell(knowledge: Knowledge) -> None:
    assert len(knowledge.emergencies) == 13
    for kind in knowledge.emergencies.values():
        assert kind.safety
        assert kind.notify
        assert knowledge.intents[kind.id].type == "紧急"
        assert kind.level != "P0" or kind.transfer
