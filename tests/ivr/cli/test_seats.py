"""``hotline seats`` makes lines that the configuration understands."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from ivr import config as configurations
from ivr.cli import main
from ivr.sip.seats import ha1


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "seats", *arguments])


def test_the_lines_that_are_printed_are_a_seat_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text('[sip]\nrealm = "beihai.test"\n', "utf-8")
    made = run(path, "password", "801")
    assert made.exit_code == 0, made.output
    secret = made.stderr.rpartition(": ")[2].strip()
    path.write_text(path.read_text("utf-8") + made.stdout, "utf-8")
    (seat,) = configurations.load(path).sip.seats
    assert (seat.name, seat.ha1) == ("801", ha1("801", "beihai.test", secret))
    assert len(secret) >= 20

    again = run(path, "password", "801", "--password", secret)
    assert again.stdout == made.stdout
    assert secret not in again.output


def test_a_name_that_no_phone_could_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text("", "utf-8")
    refused = run(path, "password", "8 01")
    assert refused.exit_code == 1
    assert "letters" in refused.output
