"""Everything that would make ``hotline serve`` fail, looked at in one go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from adapters.ports import StoreError
from adapters.sql.store import SqlStore
from asr import library as models
from asr.engine import ModelError
from flows.check import check_flows
from flows.dialogue.data import FlowData, load_flow_data
from flows.yamlfile import DataError
from ivr.config import Config
from ivr.derived import sip_settings
from ivr.leader.rules import load as load_leader_rules
from ivr.sip.kamailio import Kamailio, KamailioError, find_program
from ivr.sip.pool import PoolError, worker_socket
from ivr.sip.sound import BadSound, read_wav
from ivr.speech.cache import WavCache
from ivr.speech.errors import SpeechError
from ivr.speech.prompts import PromptLibrary
from ivr.speech.tts import Tts

Severity = Literal["ok", "warning", "error"]
LEAST_FREE_BYTES = 1 << 30
_LONGEST_PID = 4_194_304


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. With an "error" the line does not open, or not as configured."""

    part: str
    severity: Severity
    text: str


async def check_all(config: Config) -> list[Finding]:
    """Look at everything; nothing is started that outlives this call."""
    findings: list[Finding] = []
    findings += _data_dir(config)
    flow_data, found = _flows(config)
    findings += found
    if flow_data is not None:
        findings += _prompts(config, flow_data)
    findings += _model(config)
    findings += await _voice(config)
    findings += await _database(config)
    findings += _run_dir(config)
    findings += _ports(config)
    findings += await _kamailio(config)
    findings += _transfers(config)
    findings += _leader_rules(config)
    return findings


async def check_apart(config: Config) -> list[Finding]:
    """:func:`check_content` in a process of its own: it computes for seconds, and calls go on.

    Raises :class:`ChildProcessError` where that process fails.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr.checks",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate(msgspec.json.encode(config, enc_hook=str))
    if process.returncode != 0:
        raise ChildProcessError(f"the check ended with {process.returncode}")
    return msgspec.json.decode(output, type=list[Finding])


def main() -> None:
    """The configuration from standard input, findings to standard output; gives way to calls."""
    os.nice(10)
    config = msgspec.json.decode(sys.stdin.buffer.read(), type=Config, dec_hook=_path)
    sys.stdout.buffer.write(msgspec.json.encode(check_content(config)))


def _path(kind: type, value: str) -> object:
    return kind(value)


def check_content(config: Config) -> list[Finding]:
    """Look at what people edit on a running line: services, menus, prompts, addresses."""
    flow_data, findings = _flows(config)
    if flow_data is not None:
        findings += _prompts(config, flow_data)
    findings += _transfers(config)
    findings += _leader_rules(config)
    return findings


def _leader_rules(config: Config) -> Iterator[Finding]:
    part = "leader callbacks"
    own = config.leader.rules_dir
    try:
        data = load_leader_rules(Path(own) if own else None)
    except DataError as error:
        for problem in error.problems:
            yield Finding(part, "error", str(problem))
        return
    year = date.today().year
    if year not in data.workdays.years:
        yield Finding(part, "warning", f"workdays.yaml does not know the holidays of {year}")
    else:
        yield Finding(part, "ok", f"rules; holidays up to {max(data.workdays.years)}")


def _data_dir(config: Config) -> Iterator[Finding]:
    part = "data directory"
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=config.data_dir) as file:
            file.write(b"x")
    except OSError as error:
        yield Finding(part, "error", f"{config.data_dir}: {error.strerror}")
        return
    free = shutil.disk_usage(config.data_dir).free
    severity: Severity = "ok" if free > LEAST_FREE_BYTES else "warning"
    yield Finding(part, severity, f"{config.data_dir.absolute()}: {free >> 20} MB free")


def _flows(config: Config) -> tuple[FlowData | None, list[Finding]]:
    part = "flows"
    try:
        data = load_flow_data(config.flows_path)
    except DataError as error:
        return None, [Finding(part, "error", str(error))]
    warnings = [Finding(part, "warning", str(problem)) for problem in check_flows(data)]
    count = sum(len(category.items) for category in data.knowledge.catalogue.categories)
    return data, [*warnings, Finding(part, "ok", f"{count} services, {len(data.prompts)} prompts")]


def _prompts(config: Config, data: FlowData) -> Iterator[Finding]:
    overrides = [config.speech.prompts_dir] if config.speech.prompts_dir else []
    library = PromptLibrary(data.prompts, overrides)
    problems = library.check()
    for problem in problems:
        yield Finding("prompts", "error" if problem.fatal else "warning", problem.message)
    if not problems:
        yield Finding("prompts", "ok", "every prompt has its recording")
    try:
        fallback = sip_settings(config, library).fallback_prompt
        if fallback:
            read_wav(fallback)
    except (SpeechError, BadSound) as error:
        yield Finding("prompts", "error", f"said when the node fails in mid-call: {error}")


def _model(config: Config) -> Iterator[Finding]:
    path = Path(config.asr.model) if config.asr.model else models.default_model_dir(config.data_dir)
    try:
        checked = models.check(path)
    except ModelError as error:
        yield Finding("model", "error", f"{error}; the line would serve by keys and people only")
        return
    synthetic = " (synthetic-trained: not for real callers)" if "synthetic" in path.name else ""
    right = checked.heard == checked.expected
    text = f"{path.name}{synthetic}: heard {checked.heard!r}"
    yield Finding("model", "ok" if right else "warning", text)


async def _voice(config: Config) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        settings = config.speech
        cache = WavCache(Path(folder), 1 << 20)
        tts = Tts(cache, settings.voice, settings.rate, settings.tts_limit_s)
        try:
            await tts.start()
            await tts.speak("测试")
        except SpeechError as error:
            return [Finding("voice", "error", str(error))]
        finally:
            await tts.close()
    return [Finding("voice", "ok", f"pyttsx3 speaks ({settings.voice})")]


async def _database(config: Config) -> list[Finding]:
    try:
        store = SqlStore(config.database_url)
        try:
            await store.start()
            waiting = await store.backlog()
        finally:
            await store.close()
    except (StoreError, ValueError) as error:
        return [Finding("database", "error", str(error))]
    return [Finding("database", "ok", f"{store.place}: {waiting} tickets undelivered")]


def _run_dir(config: Config) -> Iterator[Finding]:
    run_dir = Path(config.sip.run_dir) if config.sip.run_dir else config.data_dir / "run"
    try:
        worker_socket(run_dir, _LONGEST_PID)
    except PoolError as error:
        yield Finding("run directory", "error", str(error))


def _ports(config: Config) -> Iterator[Finding]:
    sip = config.sip
    wanted = [
        ("sip.port", sip.host, sip.port, socket.SOCK_DGRAM),
        ("sip.port", sip.host, sip.port, socket.SOCK_STREAM),
    ]
    if not sip.single:
        wanted.append(("sip.internal_port", "127.0.0.1", sip.internal_port, socket.SOCK_DGRAM))
    if config.http.port:
        wanted.append(("http.port", config.http.host, config.http.port, socket.SOCK_STREAM))
    if config.console.port:
        console = config.console
        wanted.append(("console.port", console.host, console.port, socket.SOCK_STREAM))
    for key, host, port, kind in wanted:
        name = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
            try:
                probe.bind((host, port))
            except OSError as error:
                yield Finding("ports", "error", f"{key}: {name} {host}:{port}: {error.strerror}")
            else:
                yield Finding("ports", "ok", f"{key}: {name} {host}:{port} is free")


async def _kamailio(config: Config) -> list[Finding]:
    if config.sip.single:
        return []
    try:
        find_program(config.sip.kamailio)
        with tempfile.TemporaryDirectory() as folder:
            settings = msgspec.structs.replace(config.sip, run_dir=folder)
            kamailio = Kamailio(settings, [config.sip.worker_port])
            kamailio.write()
            await kamailio.check()
    except KamailioError as error:
        return [Finding("kamailio", "error", str(error))]
    return [Finding("kamailio", "ok", "accepts its configuration")]


def _transfers(config: Config) -> Iterator[Finding]:
    if not config.call.operator:
        text = "call.operator is empty: callers who ask for a person are offered a call back"
        yield Finding("transfers", "warning", text)
    missing = [
        number for number in ("110", "119", "120", "122", "12395") if not config.call.uri(number)
    ]
    if missing:
        text = f"call.targets has no address for {', '.join(missing)}"
        yield Finding("transfers", "warning", text)
    if config.call.operator and not missing:
        yield Finding("transfers", "ok", "operator and emergency numbers have addresses")


if __name__ == "__main__":
    main()
