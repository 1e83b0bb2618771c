"""A PostgreSQL server of the test's own, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port


def binaries() -> Path | None:
    """The newest directory that holds initdb and postgres, if any."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    usable = [path for path in found if (path / "postgres").exists()]
    return max(usable, default=None, key=str)


@contextmanager
def server(host: str = "127.0.0.1", port: int = 0, password: str = "") -> Iterator[str]:
    """Run a server on loopback, by default on a free port; the URL of its database.

    With ``password`` its user ``hotline`` needs that one. Skips without PostgreSQL.
    """
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    user = _other_user()
    # Not pytest's tmp_path: root's is closed to the user that the server runs as.
    directory = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        if user:
            shutil.chown(directory, user)
        data = str(directory / "data")
        init = ["-D", data, "-U", "hotline", "-E", "UTF8", "--no-locale"]
        if password:
            secret = directory / "password"
            secret.write_text(password)
            secret.chmod(0o644)
            init += ["-A", "scram-sha-256", f"--pwfile={secret}"]
        else:
            init += ["-A", "trust"]
        _run([str(programs / "initdb"), *init, "--no-sync"], user)
        at = str(port or free_port())
        serve = ["-D", data, "-h", host, "-p", at, "-k", str(directory)]
        process = subprocess.Popen(
            [str(programs / "postgres"), *serve, "-c", "max_connections=40", "-c", "fsync=off"],
            user=user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ready = [str(programs / "pg_isready"), "-h", host, "-p", at, "-t", "20"]
        _run(ready, user, until_ok=process)
        who = f"hotline:{password}" if password else "hotline"
        yield f"postgresql://{who}@{host}:{at}/postgres"
    finally:
        if process is not None:
            # A fast shutdown: the default one waits for every client to leave.
            process.send_signal(signal.SIGINT)
            process.wait(20)
        shutil.rmtree(directory, ignore_errors=True)


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.skip("PostgreSQL does not run as root and there is no other user")


def _run(
    command: list[str],
    user: str | None,
    *,
    until_ok: subprocess.Popen[bytes] | None = None,
) -> None:
    for _ in range(200):
        done = subprocess.run(command, user=user, capture_output=True, check=False, cwd="/")
        if done.returncode == 0:
            return
        if until_ok is None or until_ok.poll() is not None:
            break
    raise RuntimeError(f"{command[0]}: {done.stdout.decode()} {done.stderr.decode()}")
