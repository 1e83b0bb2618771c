"""What docker-compose.yml starts, started without containers: the same commands and settings.

Every service has a loopback address of its own in the place of a container's. What a container
would have to itself (files, ports on its own loopback) is told apart by hand; all else is read
from the file.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import asyncpg  # type: ignore[import-untyped]
import pytest

from adapters.archive import Wanted
from adapters.sql.store import SqlStore
from adapters.state.redis_state import RedisState
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import loudness
from tests.adapters import postgres
from tests.ports import free_port, ports
from tests.until import until

from . import compose

ENV = {
    "POSTGRES_PASSWORD": "p-1",
    "REDIS_PASSWORD": "r-1",
    "PLATFORM_SECRET": "s-1",
    "RECORDINGS_SECRET": "sixteen characters",
}
SUBNET = "172.31.12"
NAMES = {"platform": "20", "postgres": "21", "redis": "22"}
READY_S = 90.0
HTTP, SIP, INSIDE = 8013, 5060, 5090


class Site:
    """The services of the file on addresses of this machine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # No other test has this port, so no other test has this subnet.
        number = free_port()
        self.subnet = f"127.{number >> 8}.{number & 255}"
        env = ENV | {"PUBLIC_HOST": f"{self.subnet}.10"}
        self.services = compose.services(compose.load(env))
        self.inside = {name: free_port() for name in self.services}

    def address(self, name: str) -> str:
        """Where the service is."""
        own = self.services[name].address
        return own.replace(SUBNET, self.subnet) if own else f"{self.subnet}.{NAMES[name]}"

    def here(self, name: str, text: str) -> str:
        """What stands in the file for the service, with the addresses of this machine."""
        for other in NAMES:
            for before in ("@", "//"):
                text = text.replace(f"{before}{other}:", f"{before}{self.address(other)}:")
        text = text.replace(SUBNET, self.subnet).replace("0.0.0.0", self.address(name))
        text = text.replace(f"sip:127.0.0.1:{INSIDE}", f"sip:localhost:{self.inside[name]}")
        text = text.replace("127.0.0.1", self.address(name)).replace("localhost", "127.0.0.1")
        return text.replace("/data/", f"{self.directory / name}/")

    def environment(self, name: str) -> dict[str, str]:
        """The service's environment, and what the image and the container add to it."""
        own = {key: self.here(name, text) for key, text in self.services[name].environment.items()}
        data = self.directory / name
        data.mkdir(exist_ok=True)
        if own.get("HOTLINE_SIP__RUN_DIR"):
            own |= {"HOTLINE_DATA_DIR": str(data), "HOTLINE_SIP__RUN_DIR": str(data / "run")}
        if "HOTLINE_NODE" in own:
            own["HOTLINE_SIP__INTERNAL_PORT"] = str(self.inside[name])
            own["HOTLINE_SIP__WORKER_PORT"] = str(ports(10))
        programs = postgres.binaries()
        path = [str(Path(sys.executable).parent), str(programs or ""), os.environ["PATH"]]
        return {**os.environ, "PATH": os.pathsep.join(path), **own}

    @asynccontextmanager
    async def running(self, name: str, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the service's command, with ``more`` arguments; ended by SIGTERM."""
        command = [self.here(name, word) for word in self.services[name].command] + [*more]
        with (self.directory / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=self.environment(name), stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()

    async def healthy(self, name: str) -> None:
        """Until the service's own check says that it is well."""
        check = [self.here(name, word) for word in self.services[name].healthcheck]
        env = self.environment(name)
        said = b""
        try:
            async with asyncio.timeout(READY_S):
                while True:
                    process = await asyncio.create_subprocess_exec(
                        *check, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                    )
                    said, _ = await process.communicate()
                    if process.returncode == 0:
                        return
                    await asyncio.sleep(0.5)
        except TimeoutError:
            log = self.directory / f"{name}.log"
            told = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            raise AssertionError(f"{name} is not well: {said.decode()}\n{told}") from None

    async def calls(self, name: str) -> int:
        """How many calls a node says that it has."""
        url = f"http://{self.address(name)}:{HTTP}/health"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return int((await answer.json())["calls"])


class Running(NamedTuple):
    site: Site
    nodes: dict[str, asyncio.subprocess.Process]


@asynccontextmanager
async def everything(directory: Path) -> AsyncIterator[Running]:
    """All services, in the order in which they need each other."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    site = Site(directory)
    async with AsyncExitStack() as stack:
        database = postgres.server(site.address("postgres"), 5432, ENV["POSTGRES_PASSWORD"])
        url = stack.enter_context(database)
        # What the image does with POSTGRES_DB.
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE DATABASE hotline")
        await connection.close()
        bind = ("--bind", site.address("redis"), "--dir", str(directory))
        await stack.enter_async_context(site.running("redis", *bind))
        await stack.enter_async_context(site.running("platform"))
        await site.healthy("postgres")
        await site.healthy("redis")
        await site.healthy("platform")
        nodes = {
            name: await stack.enter_async_context(site.running(name)) for name in ("node1", "node2")
        }
        for name in nodes:
            await site.healthy(name)
        await stack.enter_async_context(site.running("front"))
        await site.healthy("front")
        yield Running(site, nodes)


@pytest.mark.timeout(300)
async def test_two_nodes_behind_a_front_with_one_database_and_one_redis(tmp_path: Path) -> None:
    async with everything(tmp_path) as (site, nodes):
        front = site.address("front")
        number = f"sip:12345@{front}:{SIP}"
        store_url = site.environment("node1")["HOTLINE_STORE__URL"]
        state = RedisState(site.environment("node1")["HOTLINE_STATE__URL"])
        async with RobotPhone("13907791234", host=f"{site.subnet}.1") as phone:
            calls = [await phone.dial(number, codec="PCMA") for _ in nodes]
            for call in calls:
                await call.up()
                # The greeting.
                async with asyncio.timeout(30):
                    async for frame in call.heard():
                        if loudness(frame.pcm) > 500:
                            break
            # One call through to each, and both know of both.
            assert [await site.calls(name) for name in nodes] == [1, 1]
            assert {one.node for one in await state.calls()} == set(nodes)
            for call in calls:
                await call.hang_up()

            # A node that is told to stop leaves, and calls go on coming to the other.
            nodes["node1"].send_signal(signal.SIGTERM)
            assert await nodes["node1"].wait() == 0
            call = await phone.dial(number, codec="PCMA")
            await call.up()
            assert await site.calls("node2") == 1
            await call.hang_up()
        await state.close()
        store = SqlStore(store_url)

        async def filed() -> bool:
            found = await store.find_calls(Wanted())
            return sorted(one.call.node for one in found) == ["node1", "node2", "node2"]

        await until(filed)
        await store.close()
