"""``hotline ping`` and ``hotline front``: what they say when something is not well."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main
from tests.ports import free_port


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.mark.parametrize("address", ["sip:127.0.0.1:{}", "http://127.0.0.1:{}/health"])
def test_what_does_not_answer_is_not_well(address: str) -> None:
    asked = address.format(free_port())
    done = run("ping", "--timeout", "0.3", asked)
    assert done.exit_code == 1
    assert asked in done.output


@pytest.mark.parametrize("address", ["", "sip:", "sip:127.0.0.1:x", "ftp://127.0.0.1", "nonsense"])
def test_an_address_that_makes_no_sense_is_no_traceback(address: str) -> None:
    done = run("ping", "--timeout", "0.3", address)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")


def test_a_front_needs_nodes_and_a_kamailio(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n', "utf-8")
    done = run("--config", str(path), "front")
    assert done.exit_code == 1
    assert "front.nodes" in done.output
    path.write_text(
        f'data_dir = "{tmp_path}"\n[sip]\nkamailio = "no-such"\n'
        '[front]\nnodes = ["sip:127.0.0.1:9"]\n',
        "utf-8",
    )
    done = run("--config", str(path), "front")
    assert done.exit_code == 1
    assert "no-such" in done.output
