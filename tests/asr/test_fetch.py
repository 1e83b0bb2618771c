"""Fetching a model by name with the vosk package's downloader, from a server of the test's own."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from asr import isolated, library
from asr.engine import ModelError
from tests.asr.test_library import NAME, pack

CHILD = """
import sys, vosk
vosk.MODEL_PRE_URL = sys.argv[1] + "/"
vosk.MODEL_LIST_URL = sys.argv[1] + "/model-list.json"
from asr.isolated import main
sys.exit(main(sys.argv[2:]))
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, model_dir: Path) -> Iterator[str]:
    site = tmp_path / "site"
    site.mkdir()
    pack(model_dir, site / f"{NAME}.zip")
    listed = [{"name": name, "lang": "cn"} for name in (NAME, "vosk-model-gone")]
    (site / "model-list.json").write_text(json.dumps(listed))
    http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    http.server_close()


def fetch(server: str, name: str, into: Path) -> tuple[int, list[dict[str, object]]]:
    into.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, server, "download", name, str(into)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_model_is_fetched_with_progress(server: str, tmp_path: Path) -> None:
    code, lines = fetch(server, NAME, tmp_path / "into")
    assert code == 0
    assert lines[-1] == {"path": str(tmp_path / "into" / NAME)}
    done = [float(str(line["done"])) for line in lines[:-1]]
    assert len(done) > 10 and done == sorted(done)
    assert lines[-2]["done"] == lines[-2]["total"]
    assert isolated.check(tmp_path / "into" / NAME).mandarin


@pytest.mark.parametrize(
    ("name", "said"), [("vosk-model-no-such", "no official"), ("vosk-model-gone", "HTTPError")]
)
def test_what_is_not_there_is_said(server: str, tmp_path: Path, name: str, said: str) -> None:
    code, lines = fetch(server, name, tmp_path / "into")
    assert code == 1
    assert said in str(lines[-1]["model_error"])


def test_no_network_is_said(tmp_path: Path) -> None:
    code, lines = fetch("http://127.0.0.1:9", NAME, tmp_path / "into")
    assert code == 1
    assert "could not be fetched" in str(lines[-1]["model_error"])


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "selected"])
def test_a_name_that_is_none_is_refused_before_anything_is_fetched(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="not a name"):
        library.fetch(name, tmp_path)
