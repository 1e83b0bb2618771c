"""The process that workers are forked from, with PJSUA2 loaded once for all.

Reads one JSON object a line on standard input, a :class:`ivr.sip.processes.WorkerConfig` for
which to fork a worker; writes one a line on standard output: ``{"slot": 3, "pid": 42}`` when
it is running, ``{"pid": 42, "status": -11}`` when it has ended (a negative status is the signal
that ended it). Ends when standard input is closed; workers then see to their own end.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import select
import signal
import sys

import msgspec

from ivr.sip import worker
from ivr.sip.processes import WorkerConfig

_config = msgspec.json.Decoder(WorkerConfig)


def main() -> None:
    """Serve until standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    # Pages that the collector does not touch stay shared with the workers.
    gc.collect()
    gc.freeze()
    pending = b""
    while True:
        readable, _, _ = select.select([0, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            _reap()
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                _fork(_config.decode(line), (wake_read, wake_write))


def _fork(config: WorkerConfig, inherited: tuple[int, int]) -> None:
    pid = os.fork()
    if pid:
        _tell({"slot": config.slot, "pid": pid})
        return
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        for descriptor in (null, *inherited):
            os.close(descriptor)
        faulthandler.enable()
        worker.main(config)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _tell(value: dict[str, int]) -> None:
    # The node may be gone: then nobody needs to know.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, msgspec.json.encode(value) + b"\n")


if __name__ == "__main__":
    main()
