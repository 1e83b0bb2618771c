"""Configuration errors name the key."""

from pathlib import Path

import msgspec
import pytest

from ivr.configfile import ConfigError, keys, load


class Inner(msgspec.Struct, frozen=True):
    port: int = 5060
    networks: tuple[str, ...] = ()


class Outer(msgspec.Struct, frozen=True):
    sip: Inner = Inner()
    name: str = "city"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_given_gives_the_defaults() -> None:
    assert load(Outer, None, {}) == Outer()


def test_the_file_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, '[sip]\nport = 5070\nnetworks = ["10.0.0.0/8"]\n')
    assert load(Outer, path, {}).sip == Inner(5070, ("10.0.0.0/8",))


def test_the_environment_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "[sip]\nport = 5070\n")
    env = {"HOTLINE_SIP__PORT": "5080", "HOTLINE_NAME": "北海", "HOTLINE_CONFIG": "x"}
    assert load(Outer, path, env) == Outer(Inner(5080), "北海")


def test_text_stays_text_even_if_it_looks_like_a_number() -> None:
    assert load(Outer, None, {"HOTLINE_NAME": "12345"}).name == "12345"


def test_a_list_is_written_as_toml() -> None:
    env = {"HOTLINE_SIP__NETWORKS": '["10.0.0.0/8", "127.0.0.0/8"]'}
    assert load(Outer, None, env).sip.networks == ("10.0.0.0/8", "127.0.0.0/8")


def test_an_unknown_key_names_itself_and_its_likely_meaning(tmp_path: Path) -> None:
    path = write(tmp_path, "[sip]\nprot = 5070\n")
    with pytest.raises(ConfigError, match=r"hotline\.toml: unknown key sip\.prot.*sip\.port"):
        load(Outer, path, {})


def test_a_bad_value_names_its_key(tmp_path: Path) -> None:
    path = write(tmp_path, '[sip]\nport = "many"\n')
    with pytest.raises(ConfigError, match=r"sip\.port: Expected `int`"):
        load(Outer, path, {})


def test_an_unknown_variable_of_ours_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"environment: unknown key sip\.prot"):
        load(Outer, None, {"HOTLINE_SIP__PROT": "1"})


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    path = write(tmp_path, "[sip\n")
    with pytest.raises(ConfigError, match="not valid TOML.*line 1"):
        load(Outer, path, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.toml: cannot be read"):
        load(Outer, tmp_path / "nowhere.toml", {})


def test_every_key_is_listed() -> None:
    assert list(keys(Outer)) == ["sip.port", "sip.networks", "name"]
