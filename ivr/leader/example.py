"""A year of leader callbacks, made up from a seed, to try the figures with.

Nobody in it exists: names are built from lists, telephone numbers begin with 000, as none does.
The totals are those of the newspaper's report on the model city's first year: 316 sessions,
5,147 citizens talked with, 372 cases reopened and solved. All else (units, shares of agreement,
times) is invented.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from adapters.leader import (
    ClosedTicket,
    LeaderSession,
    Level,
    Outcome,
    OutcomeKind,
    RedoState,
    Reopening,
    WorkItem,
)
from adapters.leader_store import LeaderBatch
from ivr.leader.rules import LeaderData


class Totals(msgspec.Struct, frozen=True):
    """What a year comes to."""

    sessions: int = 316
    citizens: int = 5147
    solved: int = 372


REPORTED = Totals()
EARLIER = Totals(sessions=120, citizens=1838, solved=155)
"""An invented smaller year before, so that there is something to compare with."""

_CITY = ("市城市管理局", "市住房和城乡建设局", "市公安局", "市人力资源和社会保障局",
         "市交通运输局", "市自然资源局", "市教育局", "市市场监督管理局", "市生态环境局",
         "市卫生健康委员会")  # fmt: skip
_COUNTY = ("海城区人民政府", "银海区人民政府", "铁山港区人民政府", "合浦县人民政府")
_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_MATTERS = ("路灯不亮", "小区停水", "工资拖欠", "占道经营", "噪音扰民", "公交班次少", "物业不作为",
            "房产证办不下来", "垃圾没人清", "学位问题", "医保报销慢", "道路坑洼")  # fmt: skip
_TALKED: Sequence[tuple[OutcomeKind, float]] = (
    ("已解决且认可", 0.80),
    ("已解决不认可", 0.07),
    ("未解决政策不支持已解释", 0.13),
)
_MISSED: Sequence[OutcomeKind] = ("未接通", "未接通", "拒访", "改约")


class _Writer:
    """Builds one year."""

    def __init__(self, data: LeaderData, year: int, totals: Totals, seed: int, first: int) -> None:
        self.data = data
        self.year = year
        self.totals = totals
        self.lot = random.Random(f"{seed}/{year}")
        self.first_item = first
        self.sessions: list[LeaderSession] = []
        self.items: list[WorkItem] = []
        self.outcomes: list[Outcome] = []
        self.cases: list[Reopening] = []

    def write(self) -> LeaderBatch:
        for number, (day, hour) in enumerate(self._times()):
            self.sessions.append(self._session(number, day, hour))
        talked = self._parts(self.totals.citizens, self.totals.sessions)
        # Some cases are reopened and not (yet) solved: those come on top.
        redo = self._spread(self.totals.solved + max(1, self.totals.solved // 18))
        for session, count, again in zip(self.sessions, talked, redo, strict=True):
            self._talks(session, count, min(again, count))
        self._settle()
        return LeaderBatch(
            tuple(self.sessions), tuple(self.items), tuple(self.outcomes), tuple(self.cases)
        )

    def _times(self) -> list[tuple[date, str]]:
        day, days = date(self.year, 1, 1), []
        while day.year == self.year:
            if self.data.workdays.is_workday(day):
                days.append(day)
            day += timedelta(days=1)
        places = [(day, hour) for day in days for hour in self.data.rules.rota.times]
        return sorted(self.lot.sample(places, self.totals.sessions))

    def _session(self, number: int, day: date, hour: str) -> LeaderSession:
        county = self.lot.random() < 0.42
        unit = self.lot.choice(_COUNTY if county else _CITY)
        level: Level = "县级" if county else "市级"
        leader = self.lot.randrange(4)
        place = (_COUNTY if county else _CITY).index(unit)
        family = _FAMILY[(place * 5 + leader * 7 + county * 3) % len(_FAMILY)]
        starts = datetime.combine(day, time.fromisoformat(hour)).astimezone()
        return LeaderSession(
            session_id=f"LD{day:%Y%m%d}9{number:05d}",
            unit=unit,
            level=level,
            leader=f"example-{level}-{place}-{leader}",
            leader_name=f"{family}{'局长' if not county else '区长'}",
            starts=starts,
            post="主要领导" if leader == 0 else "分管领导",
            host="example-host",
            host_name="示例主持人",
            seat="801",
            planned=self.data.rules.session.planned,
            state="已结束",
            seed=number + 1,
            created=starts - timedelta(days=7),
            started=starts,
            ended=starts + timedelta(minutes=80),
            revision=1,
        )

    def _parts(self, total: int, count: int) -> list[int]:
        """``total`` in ``count`` parts around its average, all above 0."""
        parts = [total // count + (place < total % count) for place in range(count)]
        for _ in range(count * 2):
            one, other = self.lot.sample(range(count), 2)
            if parts[one] > total // count - 3 and parts[other] < total // count + 4:
                parts[one] -= 1
                parts[other] += 1
        return parts

    def _spread(self, total: int) -> list[int]:
        parts = [0] * self.totals.sessions
        while total:
            place = self.lot.randrange(len(parts))
            if parts[place] < 6:
                parts[place] += 1
                total -= 1
        return parts

    def _talks(self, session: LeaderSession, count: int, redo: int) -> None:
        kinds: list[OutcomeKind] = ["未解决诉求合理重办"] * redo
        names = [kind for kind, _ in _TALKED]
        kinds += self.lot.choices(names, [weight for _, weight in _TALKED], k=count - redo)
        kinds += self.lot.choices(_MISSED, k=self.lot.randrange(1, 6))
        self.lot.shuffle(kinds)
        for place, kind in enumerate(kinds):
            item = self._item(session, place)
            self.items.append(item)
            at = session.starts + timedelta(minutes=5 * place + 4)
            agreed = kind == "已解决且认可"
            self.outcomes.append(_outcome(item, kind, session, at, "1" if agreed else ""))
            if kind == "未解决诉求合理重办":
                self.cases.append(self._case(item, session, at))
        planned = msgspec.structs.replace(session, planned=len(kinds))
        self.sessions[self.sessions.index(session)] = planned

    def _item(self, session: LeaderSession, place: int) -> WorkItem:
        number = self.first_item + len(self.items)
        matter = self.lot.choice(_MATTERS)
        ticket = ClosedTicket(
            ticket_no=f"BH{session.starts:%Y%m%d}{number % 1_000_000:06d}",
            unit=session.unit,
            closed=session.starts - timedelta(days=self.lot.randrange(3, 40)),
            title=matter,
            contact_name=f"{self.lot.choice(_FAMILY)}{self.lot.choice(('先生', '女士'))}",
            number=f"0000000{number % 10_000:04d}",
            result=self.lot.choice(("未解决", "部分解决", "解决")),
            satisfaction=self.lot.choice(("不满意", "基本满意", "满意")),
        )
        rule = "unsolved" if ticket.result != "解决" else "random"
        return WorkItem(
            number,
            session.session_id,
            place,
            ticket.ticket_no,
            rule,
            "示例数据",
            ticket,
            state="done",
            attempts=1,
        )

    def _case(self, item: WorkItem, session: LeaderSession, at: datetime) -> Reopening:
        reopen = self.data.rules.reopen
        return Reopening(
            reopening_id=item.item_id,
            ticket_no=item.ticket_no,
            session_id=session.session_id,
            owner=session.leader,
            owner_name=session.leader_name,
            unit=session.unit,
            from_unit=session.unit,
            opened=at,
            deadline=self.data.workdays.deadline(at, reopen.workdays, reopen.until),
            revision=1,
        )

    def _settle(self) -> None:
        """Solve as many cases as the totals say, each confirmed by a second call."""
        items = {item.item_id: item for item in self.items}
        solved = set(self.lot.sample(range(len(self.cases)), self.totals.solved))
        for place, case in enumerate(list(self.cases)):
            days = min(12.0, max(0.7, self.lot.gauss(4.4, 1.8)))
            reported = case.opened + timedelta(days=days * 0.8)
            closed = case.opened + timedelta(days=days)
            kind: OutcomeKind
            state: RedoState
            if place in solved:
                kind = "已解决且认可" if self.lot.random() < 0.93 else "已解决不认可"
                state = "已解决"
            else:
                kind, state = "未解决政策不支持已解释", "已解释"
            item = msgspec.structs.replace(
                items[case.reopening_id],
                item_id=self.first_item + len(self.items),
                purpose="confirm",
                rule="confirm",
                position=90,
                reopening_id=case.reopening_id,
                owner=case.owner,
            )
            self.items.append(item)
            session = next(one for one in self.sessions if one.session_id == case.session_id)
            self.outcomes.append(_outcome(item, kind, session, closed, ""))
            self.cases[place] = msgspec.structs.replace(
                case,
                state=state,
                reported=reported,
                closed=closed,
                confirm_item=item.item_id,
                satisfied=kind == "已解决且认可",
                redo_s=int((closed - case.opened).total_seconds()) if state == "已解决" else 0,
                signed_by=case.owner,
                signed=closed,
            )


def year(
    data: LeaderData,
    year: int,
    *,
    seed: int = 12345,
    totals: Totals = REPORTED,
    first_item: int = 1,
) -> LeaderBatch:
    """One made-up year; items are numbered from ``first_item`` on."""
    return _Writer(data, year, totals, seed, first_item).write()


def _outcome(
    item: WorkItem, kind: OutcomeKind, session: LeaderSession, at: datetime, key: str
) -> Outcome:
    return Outcome(
        item_id=item.item_id,
        session_id=item.session_id,
        ticket_no=item.ticket_no,
        kind=kind,
        by=session.leader,
        by_role="leader",
        at=at,
        key="1" if key else "",
        notes="示例数据",
        confirmed_by=session.leader,
        confirmed=at,
        revision=1,
    )
