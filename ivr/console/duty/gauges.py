"""How the node is, as short readings with a verdict each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from adapters.outbox import OUTBOXES
from adapters.ports import StoreError
from adapters.sql import SqlStore
from adapters.state.port import SharedState
from asr.engine import Decoder, Level
from ivr.checks import LEAST_FREE_BYTES
from ivr.config import Config
from ivr.flowsource import FlowSource
from ivr.sip.line import PhoneLine

Verdict = Literal["ok", "warning", "error"]


class Gauge(msgspec.Struct, frozen=True):
    """One reading. Its name is the text ``duty.gauge.<id>``; ``word`` a text said before ``value``,
    "" for none; ``detail`` more, as it is.
    """

    id: str
    verdict: Verdict
    value: str = ""
    word: str = ""
    detail: str = ""


class DutyNode(Protocol):
    """What the duty pages look at (:class:`ivr.node.Node`)."""

    config: Config
    store: SqlStore
    state: SharedState
    flows: FlowSource

    @property
    def decoder(self) -> Decoder:
        """Recognition."""

    @property
    def open_line(self) -> PhoneLine | None:
        """The telephone line, None while it is not open."""

    def deliver(self) -> None:
        """Look at once for what can be delivered."""


async def gauges(node: DutyNode) -> list[Gauge]:
    """All readings, in the order of the page."""
    return [
        *await _database(node),
        _recognition(node),
        *_line(node),
        _state(node),
        _flows(node),
        _disk(node.config.data_dir),
        _load(),
        _sms(node.config),
    ]


async def _database(node: DutyNode) -> list[Gauge]:
    try:
        lanes = [lane for lane in await node.store.lanes() if lane.name in OUTBOXES]
    except StoreError as error:
        return [Gauge("database", "error", word="duty.gone", detail=str(error))]
    undelivered = sum(lane.rows for lane in lanes)
    stopped = sum(lane.rows for lane in lanes if lane.state == "parked")
    return [
        Gauge("database", "ok", detail=node.store.place),
        Gauge(
            "delivery",
            "warning" if stopped else "ok",
            str(undelivered),
            "duty.undelivered",
            str(stopped) if stopped else "",
        ),
    ]


def _recognition(node: DutyNode) -> Gauge:
    decoder = node.decoder
    if not decoder.available:
        return Gauge("recognition", "error", word="duty.gone")
    strain = decoder.strain
    level = strain.level.name.lower()
    verdict: Verdict = "ok" if strain.level == Level.ALL else "warning"
    if strain.level == Level.KEYS:
        verdict = "error"
    detail = f"{strain.lag_s:.1f} s / {strain.backlog_s:.1f} s"
    return Gauge("recognition", verdict, "", f"duty.level.{level}", detail)


def _line(node: DutyNode) -> Iterator[Gauge]:
    line = node.open_line
    settings = node.config.sip
    if line is None:
        yield Gauge("calls", "error", word="duty.closed")
        return
    pool = line.pool
    full = pool.active >= settings.max_calls
    yield Gauge("calls", "warning" if full else "ok", f"{pool.active} / {settings.max_calls}")
    wanted, living = len(pool.ports), len(pool.pids)
    verdict: Verdict = "ok" if living == wanted else "warning"
    detail = f"{pool.free}"
    yield Gauge("workers", verdict if living else "error", f"{living} / {wanted}", detail=detail)
    if line.kamailio is None:
        yield Gauge("kamailio", "ok", word="duty.single")
    else:
        pid = line.kamailio.pid
        up: Verdict = "ok" if pid and _lives(pid) else "error"
        yield Gauge("kamailio", up, str(pid), "duty.pid" if up == "ok" else "duty.gone")
    if settings.trunk.registrar:
        status = line.trunk.status
        fine = status.state == "registered"
        yield Gauge("trunk", "ok" if fine else "error", status.state)
    registered = line.registered()
    names = [seat.name for seat in settings.seats]
    missing = [name for name in names if name not in registered]
    yield Gauge(
        "seats",
        "warning" if missing else "ok",
        f"{len(names) - len(missing)} / {len(names)}",
        "" if not missing else "duty.unreachable",
        " ".join(missing[:40]),
    )


def _state(node: DutyNode) -> Gauge:
    if not node.config.state.url:
        return Gauge("state", "ok", word="duty.alone")
    # Only the wrapper around Redis knows whether it answers.
    up: bool = getattr(node.state, "up", True)
    return Gauge("state", "ok" if up else "error", word="duty.shared" if up else "duty.gone")


def _flows(node: DutyNode) -> Gauge:
    status = node.flows.status
    loaded = status.loaded.strftime("%m-%d %H:%M:%S")
    if status.refused:
        return Gauge("flows", "error", str(len(status.refused)), "duty.refused", loaded)
    return Gauge("flows", "ok", loaded, "duty.loaded")


def _disk(folder: Path) -> Gauge:
    free = shutil.disk_usage(folder).free
    verdict: Verdict = "ok" if free > LEAST_FREE_BYTES else "warning"
    return Gauge("disk", verdict, f"{free / (1 << 30):.1f} GB")


def _load() -> Gauge:
    one, five, _ = os.getloadavg()
    cores = os.cpu_count() or 1
    verdict: Verdict = "ok" if five <= cores else "warning"
    return Gauge("load", verdict, f"{one:.2f}", detail=f"{five:.2f} / {cores}")


def _sms(config: Config) -> Gauge:
    own = bool(config.sms.url)
    key = config.sms.key_id if own else config.platform.key_id
    word = "duty.sms.own" if own else "duty.sms.platform"
    return Gauge("sms", "ok" if key else "warning", word=word, detail="" if key else "key_id")


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
