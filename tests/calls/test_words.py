"""Whole calls in words: Mandarin over SIP, heard by the real Vosk, up to the platform.

The callers' speech is synthetic (recorded from Kokoro, in voices that the shipped model was
not trained on).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_the_demonstration_comes_through(tmp_path: Path) -> None:
    """``make demo``, its four calls at once: four tickets and four recordings."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "demo", "--at-once", "--keep", str(tmp_path / "demo")],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == 4
    recordings = sorted((tmp_path / "demo").glob("recordings/*/*/*/*.wav"))
    assert len(recordings) == 4
    manifests = [read_manifest(manifest_of(path)) for path in recordings]
    assert all(len(manifest.tickets) == 1 for manifest in manifests)
    assert all(manifest.outcome == "complete" for manifest in manifests)
