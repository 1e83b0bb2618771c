from __future__ import annotations

import pytest

from flows.knowledge import Knowledge, load_knowledge
from flows.routing import UNKNOWN, route_json


def test_every_service_is_reached_by_its_number(knowledge: Knowledge) -> None:
    numerals = str.maketrans("0123456789", "零一二三四五六七八九")
    for item in knowledge.catalogue.services:
        assert knowledge.router.route(item.code).intent == item.intent
        spoken = "我要办" + item.code.translate(numerals)
        assert knowledge.router.route(spoken).intent == item.intent
        assert knowledge.router.route(item.code.translate(numerals)).intent == item.intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("喂你好，我想问一下，我那个社保卡啊，昨天不知道在哪里弄丢了", "svc.0602"),
        ("阿婆九十了，有没有什么补贴领", "cons.elder_allow"),
        ("楼上邻居厕所漏水，天花板都湿了，他又不肯修", "cmp.neighbor_leak"),
        ("老板跑路了，我们三个月工钱没拿到", "cmp.wage"),
        ("转人工", "sys.agent"),
        ("你们这帮废物", "sys.abuse"),
        ("打错了不好意思", "sys.wrong"),
        ("我要投诉", "cmp.other"),
    ],
)
def test_free_speech(knowledge: Knowledge, text: str, intent: str) -> None:
    assert knowledge.router.route(text).intent == intent


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "。", "嗯", "喂", "今天中午吃什么好呢", "你看那边那个人好像是你同学"),
        *("把那个遥控器拿过来", "欢迎光临里面请", "下一站北部湾广场请下车", "的了是在", "北海市"),
        *("左转一百米进入主路", "张三李四", "喂老王啊晚上出来喝酒", "阿弥陀佛", "一一一一"),
    ],
)
def test_silence_noise_and_chatter_are_not_understood(knowledge: Knowledge, text: str) -> None:
    result = knowledge.router.route(text)
    assert (result.intent, result.kind, result.decision) == (UNKNOWN, "unknown", "unknown")
    assert result.emergency is None


def test_an_alternative_reading_helps_but_counts_less(knowledge: Knowledge) -> None:
    route = knowledge.router.route
    rescued = route("是暴卡丢料", ("社保卡丢了",))
    assert rescued.intent == "svc.0602"
    first = route("路灯不亮", ("我要办社保卡",))
    assert first.intent == "cmp.streetlight"
    assert "svc.0601" in [other.intent for other in first.alternatives]


def test_an_emergency_in_any_reading_is_heard(knowledge: Knowledge) -> None:
    result = knowledge.router.route("我家卓或了", ("我家着火了",))
    assert result.emergency == "em.fire"


def test_answers_to_a_follow_up_call_are_heard_only_there(knowledge: Knowledge) -> None:
    route = knowledge.router.route
    assert route("已经处理好了", scope="callback").intent == "cb.resolved"
    assert route("没人来过", scope="callback").intent == "cb.unresolved"
    assert route("已经处理好了").kind != "cb"
    assert route("社保卡丢了", scope="callback").kind not in ("svc", "cmp")
    assert route("转人工", scope="callback").intent == "sys.agent"
    assert route("家里着火了", scope="callback").emergency == "em.fire"


def test_the_matter_comes_before_the_wish_for_confidentiality(knowledge: Knowledge) -> None:
    result = knowledge.router.route("我要举报村干部贪污，不要说是我举报的")
    assert result.intent == "cmp.whistle"
    assert knowledge.router.route("不要把我的名字告诉他们").intent == "sys.confidential"


def test_scores_fall_and_stay_within_bounds(knowledge: Knowledge) -> None:
    for text in ("社保卡", "我要办证", "公司注销社保", "医保"):
        result = knowledge.router.route(text)
        scores = [result.score, *(other.score for other in result.alternatives)]
        assert all(0.0 <= score <= 1.0 for score in scores)
        if result.intent != UNKNOWN:
            assert scores == sorted(scores, reverse=True)
        ids = [result.intent, *(other.intent for other in result.alternatives)]
        assert len(set(ids)) == len(ids)


def test_the_same_sentence_is_routed_the_same_by_a_new_router(knowledge: Knowledge) -> None:
    texts = ["社保卡掉了", "我想租房提公积金", "讲不清楚", "楼下太吵"]
    other = load_knowledge().router
    assert [other.route(text) for text in texts] == [knowledge.router.route(t) for t in texts]


def test_json_has_exactly_the_agreed_keys(knowledge: Knowledge) -> None:
    answer = route_json(knowledge.router.route("家里有煤气味"))
    assert set(answer) == {"intent", "score", "alternatives", "emergency"}
    assert answer["intent"] == answer["emergency"] == "em.gas"
    assert all(set(other) == {"intent", "score"} for other in answer["alternatives"])
    quiet = route_json(knowledge.router.route(""))
    assert quiet == {"intent": "unknown", "score": 0.0, "alternatives": [], "emergency": None}


def test_every_route_explains_itself(knowledge: Knowledge) -> None:
    assert knowledge.router.route("社保卡丢了").explanation
    assert knowledge.router.route("").explanation
    assert "听到紧急情况" in knowledge.router.route("着火了").explanation[0]
