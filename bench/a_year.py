"""A year of calls in the database: how quickly the pages over it answer.

Run ``python -m bench.a_year``: 287,800 calls (what the hotline of a city like Beihai takes in a
year) with made-up facts and talks, in SQLite on this machine's disk; ``--url postgresql://…`` asks
another database.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from adapters.archive import Wanted
from adapters.model import Line
from adapters.sql import SqlStore, talk_index
from adapters.sql.statistics_tables import call_facts
from adapters.sql.tables import calls, lines
from bench.report import Table

CALLS = 287_800
LINES = 8
ROUNDS = 7
_BATCH = 2000
_END = datetime(2026, 11, 23, 12, 0).astimezone()
_WHAT = ("路灯不亮", "噪音扰民", "暂停供水", "燃气漏气", "社保转移", "公交改线", "垃圾清运", "欠薪")
_WHERE = ("人民路", "北部湾路", "四川路", "云南路", "贵州路", "长青路", "西南大道", "站前路")
_RESULTS = ("machine", "person", "abandoned", "transferred", "call-back", "gave-up")


async def fill(store: SqlStore, count: int) -> None:
    """Make up a year of calls, the newest last."""
    chance = random.Random(1)
    made: list[tuple[dict[str, object], dict[str, object], list[Line]]] = []
    for number in range(count):
        began = _END - timedelta(seconds=365 * 86400 * (count - number) / count)
        name = f"{began:%Y%m%d%H%M%S}-{number:012x}"
        result = chance.choice(_RESULTS)
        talk = [Line("hotline", 0, 3, "请直接说您要办什么")]
        talk += [
            Line("caller", at, at + 2, f"{chance.choice(_WHERE)}{at}号{chance.choice(_WHAT)}")
            for at in range(4, 4 + (LINES - 1) * 3, 3)
        ]
        call = {
            "call_id": name, "caller": f"139{chance.randrange(10**8):08}", "called": "12345",
            "started": began, "node": "a", "ended": began + timedelta(seconds=90),
            "outcome": "ticket", "recording": "",
        }  # fmt: skip
        fact = {
            "call_id": name, "node": "a", "began": began, "day": f"{began:%Y-%m-%d}",
            "hour": began.hour, "outgoing": False, "answer_s": 0.4, "asked": result == "person",
            "wait_s": 12.0, "reach_s": 12.0 if result == "person" else None, "seat": "",
            "talk_s": 60.0, "length_s": 90.0, "result": result,
        }  # fmt: skip
        made.append((call, fact, talk))
        if len(made) == _BATCH or number == count - 1:
            await store._write(lambda db, rows=tuple(made): _put(db, rows))  # type: ignore[misc]
            made.clear()


async def _put(db, rows) -> None:  # type: ignore[no-untyped-def]
    await db.execute(insert(calls), [call for call, _, _ in rows])
    await db.execute(insert(call_facts), [fact for _, fact, _ in rows])
    await db.execute(
        insert(lines),
        [
            {
                "call_id": call["call_id"], "n": n, "speaker": line.speaker, "start_s": line.start,
                "end_s": line.end, "text": line.text, "by_keys": False, "confidence": 1.0,
            }
            for call, _, talk in rows
            for n, line in enumerate(talk)
        ],
    )  # fmt: skip
    await db.execute(
        insert(talk_index.talk_texts),
        [
            {"call_id": call["call_id"], "body": talk_index.body(line.text for line in talk)}
            for call, _, talk in rows
        ],
    )


async def median_ms(work: Callable[[], Awaitable[object]]) -> float:
    """The median of a few rounds, in milliseconds; the first one does not count."""
    took = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took[1:])[ROUNDS // 2]


async def main() -> None:
    """Fill, ask, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="")
    parser.add_argument("--calls", type=int, default=CALLS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(given.url or f"sqlite:///{Path(folder) / 'year.db'}")
        await store.start()
        began = time.perf_counter()
        await fill(store, given.calls)
        filled_s = time.perf_counter() - began
        today, after = _END.date(), _END.date() + timedelta(days=1)
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "the last 24 hours": lambda: store.between(_END - timedelta(days=1), _END),
            "today by the hour": lambda: store.by_hour(today, after),
            "30 days by the day": lambda: store.by_day(after - timedelta(days=30), after),
            "a year by the day": lambda: store.by_day(after - timedelta(days=365), after),
            "the newest 50 calls": lambda: store.find_calls(Wanted()),
            "by the end of a number": lambda: store.find_calls(Wanted(number="5678")),
            "by a whole number": lambda: store.find_calls(Wanted(number="13912345678")),
            "by a common word": lambda: store.find_calls(Wanted(words="路灯")),
            "by a rare phrase": lambda: store.find_calls(
                Wanted(words="长青路19号欠薪 西南大道7号")
            ),
            "by a word that nobody said": lambda: store.find_calls(Wanted(words="北极光")),
        }
        table = Table("a-year", ("what is asked", "ms, median"))
        table.note(
            f"{given.calls} calls of a year with {LINES} lines each, "
            f"{'PostgreSQL' if given.url else 'SQLite'}; filled in {filled_s:.0f} s."
        )
        for name, work in asked.items():
            table.add(name, f"{await median_ms(work):.1f}")
        await store.close()
    table.write()


if __name__ == "__main__":
    asyncio.run(main())
