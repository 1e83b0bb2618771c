"""What every store keeps for the operators' desk: similar tickets, merges, corrections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.corrections import Correction
from adapters.model import StateChange
from adapters.ports import Store
from adapters.similar import Alike, Known
from adapters.sql import SqlStore, schema
from adapters.sql.desk_tables import TABLES
from flows.ticket import Place, Recognised, TicketDraft
from tests.adapters.samples import CALLER, LINES, NOON, call

MINUTE = timedelta(minutes=1)
OTHER = "13900000002"
SINCE = NOON - timedelta(days=30)


async def filed(
    store: Store,
    name: str,
    minute: int = 0,
    *,
    caller: str = OTHER,
    intent: str = "cmp.streetlight",
    place: str = "人民路",
    content: str = "路灯不亮",
    merged_into: str = "",
) -> str:
    at = NOON + minute * MINUTE
    await store.open_call(replace(call(name), caller=caller, started=at))
    made = TicketDraft(
        "投诉",
        recognised=Recognised(intent, "", 0.9),
        content=content,
        place=Place(place, place=place),
        merged_into=merged_into,
    )
    return (await store.file_ticket(name, made, LINES, at=at)).ticket_no


def numbers(found: object) -> list[str]:
    return [known.ticket_no for known in found]  # type: ignore[attr-defined]


async def alike(store: Store, **wanted: object) -> list[str]:
    return numbers(await store.alike(Alike(SINCE, **wanted)))  # type: ignore[arg-type]


async def test_any_one_thing_in_common_is_enough_and_the_newest_come_first(store: Store) -> None:
    lamp = await filed(store, "a", 1, caller=CALLER)
    noise = await filed(store, "b", 2, intent="cmp.noise_life", place="北京路", content="烧烤吵")
    same_place = await filed(store, "c", 3, intent="cmp.garbage", content="垃圾没人清")
    assert await alike(store, caller=CALLER) == [lamp]
    assert await alike(store, intent="cmp.noise_life") == [noise]
    assert await alike(store, place="人民路") == [same_place, lamp]
    assert await alike(store, words=("烧烤", "北京路")) == [noise]
    assert await alike(store, words=("烧烤", "人民路")) == []
    assert await alike(store, caller=CALLER, intent="cmp.noise_life") == [noise, lamp]
    assert await alike(store, place="人民路", limit=1) == [same_place]
    assert await alike(store, place="人民路", call_id="c") == [lamp]
    assert await alike(store) == []
    assert await alike(store, words=("路",), place="路") == []


async def test_a_percent_sign_is_a_percent_sign(store: Store) -> None:
    await filed(store, "a")
    assert await alike(store, words=("%%",)) == []


async def test_closed_old_and_merged_tickets_are_not_offered(store: Store) -> None:
    main = await filed(store, "a", 1)
    closed = await filed(store, "b", 2)
    going_on = await filed(store, "c", 3)
    await filed(store, "d", 4, merged_into=main)
    await filed(store, "old", -60 * 24 * 31)
    await store.record_state(StateChange(closed, "已办结", NOON + 9 * MINUTE))
    await store.record_state(StateChange(going_on, "办理中", NOON + 9 * MINUTE))
    found = await store.alike(Alike(SINCE, intent="cmp.streetlight"))
    assert numbers(found) == [going_on, main]
    assert [(known.state, known.merged) for known in found] == [("办理中", 0), ("", 1)]


async def test_earlier_tickets_of_a_number_whatever_became_of_them(store: Store) -> None:
    one = await filed(store, "a", 1, caller=CALLER)
    two = await filed(store, "b", 2, caller=CALLER, intent="cmp.noise_life")
    await filed(store, "c", 3)
    await filed(store, "withheld", 4, caller="")
    await store.record_state(StateChange(one, "已办结", NOON + 9 * MINUTE))
    found = await store.earlier(CALLER)
    assert numbers(found) == [two, one]
    assert found[1] == Known(
        one, "a", CALLER, NOON + MINUTE, found[1].draft, state="已办结", merged=0
    )
    assert numbers(await store.earlier(CALLER, limit=1)) == [two]
    assert numbers(await store.earlier(CALLER, call_id="b")) == [one]
    assert await store.earlier("") == ()


async def test_repetitions_of_one_number_are_counted_on_the_main_ticket(store: Store) -> None:
    main = await filed(store, "a", 1, caller=CALLER)
    first = await filed(store, "b", 2, caller=CALLER, merged_into=main)
    ticket = await store.ticket(main)
    assert ticket is not None
    assert (ticket.draft.repeat_count, ticket.revision) == (2, 1)
    # Of somebody else: merged, but no repeated call of this number.
    await filed(store, "c", 3, merged_into=main)
    # Into one that is merged already: the main ticket counts it.
    await filed(store, "d", 4, caller=CALLER, merged_into=first)
    ticket = await store.ticket(main)
    assert ticket is not None
    assert (ticket.draft.repeat_count, ticket.revision) == (3, 2)
    (known,) = await store.earlier(CALLER, limit=1, call_id="d") and await store.alike(
        Alike(SINCE, caller=CALLER)
    )
    assert (known.ticket_no, known.merged) == (main, 3)
    # Each goes to the platform: four tickets, and two revisions in place of the main one's.
    waiting = await store.outbox.due(NOON + 60 * MINUTE)
    assert sorted(row.message.ticket_no for row in waiting).count(main) == 1


async def test_a_merge_made_later_and_taken_back(store: Store) -> None:
    main = await filed(store, "a", 1)
    other = await filed(store, "b", 2, intent="cmp.noise_life")
    ticket = await store.ticket(other)
    assert ticket is not None
    await store.update_ticket(other, replace(ticket.draft, merged_into=main), at=NOON)
    assert await alike(store, intent="cmp.noise_life") == []
    await store.update_ticket(other, replace(ticket.draft, merged_into=""), at=NOON)
    assert await alike(store, intent="cmp.noise_life") == [other]


@pytest.mark.parametrize("into", ["BH20200101000001", "itself"])
async def test_a_ticket_is_never_lost_for_a_merge_that_cannot_be(store: Store, into: str) -> None:
    number = await filed(store, "a", 1, merged_into=into)
    assert await store.ticket(number) is not None
    ticket = await store.ticket(number)
    assert ticket is not None
    await store.update_ticket(number, replace(ticket.draft, merged_into=number), at=NOON)
    assert await alike(store, intent="cmp.streetlight") == [number]


def correction(key: str, minute: int = 0, now: str = "cmp.noise_life") -> Correction:
    return Correction(key, NOON + minute * MINUTE, "intent", "某地很吵", "", now, 0.25)


async def test_corrections_are_kept_replaced_dropped_and_forgotten(store: Store) -> None:
    await store.keep_corrections([correction("b", 2), correction("a", 1)])
    await store.keep_corrections([correction("b", 3, "cmp.garbage"), correction("c", 4)])
    assert list(await store.corrections()) == [
        correction("a", 1),
        correction("b", 3, "cmp.garbage"),
        correction("c", 4),
    ]
    assert [one.key for one in await store.corrections(NOON + 3 * MINUTE)] == ["b", "c"]
    await store.drop_corrections(["c", "nothing"])
    await store.drop_corrections([])
    assert await store.forget_corrections(NOON + 2 * MINUTE) == 1
    assert [one.key for one in await store.corrections()] == ["b"]
    await store.keep_corrections([])


async def test_an_older_database_gets_the_desks_tables(sql_url: str) -> None:
    store = SqlStore(sql_url)
    before = schema.STEPS.index(schema._desk) + 1
    await store.start()

    async def age(db: object) -> None:
        for table in TABLES:
            await db.execute(text(f"DROP TABLE {table.name}"))  # type: ignore[attr-defined]
        await db.execute(  # type: ignore[attr-defined]
            text("UPDATE schema_version SET version = :version"), {"version": before}
        )

    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        await store._write(age)
        await store.start()
        await store.keep_corrections([correction("a")])
        number = await filed(store, "a", 1)
        assert await alike(store, intent="cmp.streetlight") == [number]
    finally:
        schema.STEPS.extend(later)
        await store.close()
