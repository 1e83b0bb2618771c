"""docker-compose.yml: by the Compose specification, and by what the programs it starts ask for."""

from __future__ import annotations

import re
import subprocess
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from ivr import configfile
from ivr.cli import COMMANDS
from ivr.config import Config

from . import compose
from .compose import ROOT, Service

ENV = {
    "POSTGRES_PASSWORD": "p-1",
    "REDIS_PASSWORD": "r-1",
    "PLATFORM_SECRET": "s-1",
    "RECORDINGS_SECRET": "sixteen characters",
    "PUBLIC_HOST": "192.0.2.5",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return compose.load(ENV)


@pytest.fixture(scope="module")
def services(document: dict[str, Any]) -> dict[str, Service]:
    return compose.services(document)


def config(service: Service) -> Config:
    return configfile.load(Config, None, service.environment)


def test_it_is_what_the_specification_says(document: dict[str, Any]) -> None:
    plain = {key: value for key, value in document.items() if not key.startswith("x-")}
    parsed = PyCompose.from_yaml(yaml.safe_dump(plain))
    assert set(parsed.service_names()) == set(document["services"])
    wrong = yaml.safe_dump(plain).replace("healthcheck", "helthcheck", 1)
    with pytest.raises(ValueError, match="helthcheck"):
        PyCompose.from_yaml(wrong)


def test_everything_that_was_asked_for_is_there_and_watched(document: dict[str, Any]) -> None:
    assert {"front", "node1", "node2", "redis", "postgres", "platform"} == set(document["services"])
    for name, service in document["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
        for other, how in service.get("depends_on", {}).items():
            assert other in document["services"]
            assert how == {"condition": "service_healthy"}


def test_every_variable_is_explained_and_no_secret_has_a_default() -> None:
    example = compose.example()
    assert set(example) == set(compose.variables())
    for name, has_default in compose.variables().items():
        secret = name.endswith(("PASSWORD", "SECRET"))
        assert has_default != secret, name
        assert (example[name] == "") == secret, name
    with pytest.raises(KeyError, match="PASSWORD"):
        compose.load({})


def test_the_defaults_of_the_file_are_those_of_the_example(document: dict[str, Any]) -> None:
    secrets = {key: value for key, value in ENV.items() if key != "PUBLIC_HOST"}
    assert compose.load(secrets) == compose.load(compose.example() | secrets)


def test_no_secret_is_in_the_file_itself(document: dict[str, Any]) -> None:
    text = compose.FILE.read_text("utf-8")
    for key in re.findall(r"(\w*(?:PASSWORD|SECRET|AUTH)\w*): (.+)", text):
        assert key[1].startswith("${"), key


def test_what_is_configured_is_understood(services: dict[str, Service]) -> None:
    for name in ("front", "node1", "node2"):
        assert config(services[name]).sip.host == services[name].address
    for name in ("node1", "node2"):
        node = config(services[name])
        assert node.node == name
        assert node.store.url == "postgresql://hotline:p-1@postgres:5432/hotline"
        assert node.state.url == "redis://:r-1@redis:6379/0"
        assert node.platform.secret == "s-1"
        assert node.sip.networks == (f"{services['front'].address}/32",)
        assert node.sip.rtp_public_host == "192.0.2.5"
    assert services["platform"].environment == {"HOTLINE_SIM_SECRET": "s-1"}


def test_the_front_and_its_nodes_find_each_other(services: dict[str, Service]) -> None:
    front = config(services["front"])
    nodes = [config(services[name]) for name in ("node1", "node2")]
    assert front.front.nodes == tuple(f"sip:{node.sip.host}:{node.sip.port}" for node in nodes)
    assert {node.sip.front for node in nodes} == {f"sip:{front.front.host}:{front.front.port}"}
    assert {(node.sip.realm, node.sip.seats) for node in nodes} == {
        (front.sip.realm, front.sip.seats)
    }


def test_every_audio_port_is_published_as_it_is(
    document: dict[str, Any], services: dict[str, Service]
) -> None:
    for name in ("node1", "node2"):
        sip = config(services[name]).sip
        count = (sip.max_calls + sip.spare) * sip.rtp_ports
        ports = f"{sip.rtp_port}-{sip.rtp_port + count - 1}"
        assert f"127.0.0.1:{ports}:{ports}/udp" in document["services"][name]["ports"]
        console = config(services[name]).console
        assert any(one.endswith(f":{console.port}") for one in document["services"][name]["ports"])


def test_only_phones_and_browsers_come_in_from_outside(document: dict[str, Any]) -> None:
    assert document["networks"]["inner"]["internal"] is True
    for name in ("redis", "postgres", "platform"):
        service = document["services"][name]
        assert list(service["networks"]) == ["inner"]
        assert "ports" not in service


def test_what_is_started_exists(document: dict[str, Any], services: dict[str, Service]) -> None:
    for service in services.values():
        for command in (service.command, service.healthcheck):
            if command and command[0] == "hotline":
                assert command[1] in COMMANDS
    images = {service["image"] for service in document["services"].values()}
    # Names on the usual registry: no host's name stands before them.
    assert all(re.fullmatch(r"[a-z]+:[a-z0-9.-]+", image) for image in images)


def test_the_image_is_given_every_file_of_the_packages() -> None:
    """What .dockerignore lets through, and what the Dockerfile copies, is what is installed."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M)
        for name in line.split()
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", *sorted(copied)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")[:-1]
    patterns = re.search(r"^\"\*\" = \[(.*)\]$", (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert patterns
    kept = [*re.findall(r'"([^"]+)"', patterns[1]), "*.py"]
    packages = [PurePosixPath(name) for name in tracked if "/" in name]
    assert packages
    left_out = [str(path) for path in packages if not any(path.match(p) for p in kept)]
    assert left_out == []
