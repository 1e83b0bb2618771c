"""What is no emergency raises no alarm, and what is one is heard, also when misrecognised."""

from __future__ import annotations

import random

import pytest

from flows.emergency import EmergencyDetector
from flows.knowledge import Knowledge
from flows.spotting import Trust
from tests.flows.routing.misreader import Misreader

SEED = 12345
SENTENCES = 1500
LEAST_MISREAD = 0.15
MOST_MISREAD = 0.3

WRITTEN_FIRST = """
em.gas	得到路面有刺鼻的煤气了
em.gas	煤气漏了，好刺鼻
em.gas	有煤气的味道，人没起来
em.life	老人晕倒了没气了
em.water_power	我们小区停电了，其它没是
em.road_collapse	马路塌了个大洞，水还没尚来
"""

MISREAD = """
em.gas	楼道里有股没气味
em.gas	厨房楼气了
em.sea	有个小孩逆水了
em.sea	鱼塘有人溺睡了
em.road_collapse	路面它陷了一大块
em.life	我朋友说要亲生
em.life	我老公加暴我
em.facility	路口阴井盖没有了
em.facility	路口硬井盖不见了
em.fire	楼下着伙了
em.fire	仓库失活了
em.special_equip	我妈被困在店梯里
em.life	前面发生车货了
"""

ORDINARY = """
提取公积金自动到账
企业住所变更
申请生产用水
申请生育登记
亲生父母
大家报名参加
厨房没气了灶打不着
煤气罐没气了去哪里换
随迁小孩在北海读书
报废车放了好久
必要条件有哪些
户口可以落到北海吗
快就明天办好
慢就三个月
"""


def _rows(block: str) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in block.split("\n")[1:-1]]
    return [(kind, text) for kind, text in rows]


def _harmless(knowledge: Knowledge) -> list[str]:
    return [
        text
        for intent in knowledge.intents.values()
        if intent.kind != "em"
        for text in intent.examples
    ]


def _grave(knowledge: Knowledge) -> list[str]:
    return [
        text
        for intent in knowledge.intents.values()
        if intent.kind == "em"
        for text in intent.examples
    ]


def _misreader(knowledge: Knowledge, *, folded: bool) -> Misreader:
    return Misreader([*_harmless(knowledge), *_grave(knowledge)], folded=folded)


@pytest.mark.parametrize(("kind", "text"), _rows(WRITTEN_FIRST))
def test_what_is_written_goes_before_what_it_sounds_like(
    knowledge: Knowledge, kind: str, text: str
) -> None:
    hit = knowledge.detector.detect(text)
    assert hit is not None
    assert (hit.kind, hit.trust) == (kind, Trust.WRITTEN)
    assert knowledge.router.route(text).intent == kind


@pytest.mark.parametrize(("kind", "text"), _rows(MISREAD))
def test_a_misreading_that_makes_no_other_sense_is_heard(
    knowledge: Knowledge, kind: str, text: str
) -> None:
    hit = knowledge.detector.detect(text)
    assert hit is not None
    assert hit.kind == kind


@pytest.mark.parametrize("text", ORDINARY.split("\n")[1:-1])
def test_ordinary_words_are_not_taken_for_others_of_their_sound(
    knowledge: Knowledge, text: str
) -> None:
    assert knowledge.detector.detect(text) is None


def test_a_mended_word_is_not_taken_for_a_written_one(knowledge: Knowledge) -> None:
    hit = knowledge.detector.detect("有人逆水了")
    assert hit is not None
    assert (hit.evidence, hit.trust) == ("溺水", Trust.SOUNDED)


def test_a_faint_word_counts_only_beside_a_written_one(knowledge: Knowledge) -> None:
    hit = knowledge.detector.detect("有人在大架")
    assert hit is not None
    assert (hit.kind, hit.trust) == ("em.life", Trust.FAINT)
    assert knowledge.detector.detect("大架") is None


def test_listed_misreadings_of_emergencies_are_heard_as_what_they_stand_for(
    knowledge: Knowledge,
) -> None:
    listed = [item for item in knowledge.confusions if item.kind == "紧急"]
    assert len(listed) >= 7
    detect = knowledge.detector.detect
    for item in listed:
        meant, heard = (detect(f"这里{word}没有了") for word in (item.right, item.wrong))
        assert meant is not None
        assert heard is not None
        assert heard.kind == meant.kind


def test_no_service_by_name_or_alias_raises_an_alarm(knowledge: Knowledge) -> None:
    spoken = [
        frame.format(text)
        for item in knowledge.catalogue.services
        for text in (item.name, *item.aliases)
        for frame in ("{}", "我要办理{}", "{}怎么办", "你好，请问{}需要什么材料")
    ]
    assert len(spoken) > 1000
    assert [text for text in spoken if knowledge.detector.detect(text)] == []


def test_ordinary_words_are_known_beyond_the_texts_they_were_learnt_from(
    knowledge: Knowledge,
) -> None:
    """Half of the intents' words keep the other half from sounding like emergencies."""
    intents = [intent for intent in knowledge.intents.values() if intent.kind != "em"]
    random.Random(SEED).shuffle(intents)
    middle = len(intents) // 2
    confusions = {item.wrong: item.right for item in knowledge.confusions if item.kind == "紧急"}
    for known, new in ((intents[:middle], intents[middle:]), (intents[middle:], intents[:middle])):
        detector = EmergencyDetector(
            knowledge.documents.emergencies.value,
            confusions,
            [text for intent in known for text in intent.examples],
        )
        new_texts = [text for intent in new for text in intent.examples]
        assert [text for text in new_texts if detector.detect(text)] == []


@pytest.mark.parametrize(("folded", "most"), [(False, 10), (True, 8)])
def test_misread_sentences_seldom_raise_an_alarm(
    knowledge: Knowledge, folded: bool, most: int
) -> None:
    reader = _misreader(knowledge, folded=folded)
    rng = random.Random(SEED)
    heard = [
        reader.misread(text, rng.uniform(LEAST_MISREAD, MOST_MISREAD), rng)
        for text in rng.sample(_harmless(knowledge), SENTENCES)
    ]
    alarms = [text for text in heard if knowledge.detector.detect(text)]
    assert len(alarms) <= most, alarms


@pytest.mark.parametrize(("folded", "least"), [(False, 0.82), (True, 0.78)])
def test_most_misread_emergencies_are_heard(
    knowledge: Knowledge, folded: bool, least: float
) -> None:
    reader = _misreader(knowledge, folded=folded)
    rng = random.Random(SEED)
    texts = _grave(knowledge)
    heard = sum(
        knowledge.detector.detect(
            reader.misread(text, rng.uniform(LEAST_MISREAD, MOST_MISREAD), rng)
        )
        is not None
        for text in texts
    )
    assert len(texts) > 500
    assert heard / len(texts) >= least
