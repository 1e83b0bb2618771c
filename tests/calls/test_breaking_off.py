"""A call that breaks off while a service is applied for, and the next one that takes it up.

On the way: what is keyed in private is silent on the recording, everything else is not.
Spoken answers are synthetic speech.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from adapters.simulator.store import Received
from ivr import live
from ivr.recording.manifest import Manifest, read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.mask import TAIL_MS
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import frequency_power
from tests.calls.applicant import ID_NO, LEAK_HZ, Applicant
from tests.calls.line import CALLER, open_line
from tests.calls.test_people import channels
from tests.calls.test_services import DONE, application, files_with, patient, values
from tests.until import until

Samples = npt.NDArray[np.int16]
LOST = "什么时候丢的"
CARD = "1234"


def recording(data_dir: Path, call_id: str) -> tuple[Samples, Samples, Manifest]:
    """A call's two channels and its manifest."""
    (audio,) = data_dir.glob(f"recordings/*/*/*/{call_id}.wav")
    left, right = (np.frombuffer(channel, "<i2") for channel in channels(audio))
    return left, right, read_manifest(manifest_of(audio))


def leaks(track: Samples) -> int:
    """How often a key's tone is heard."""
    size = 8 * 40
    heard = [
        bool(np.abs(part).max() > 500) and frequency_power(part.tobytes(), LEAK_HZ) > 0.6
        for part in (track[at : at + size] for at in range(0, len(track) - size, size))
    ]
    return sum(now and not before for before, now in zip([False, *heard], heard, strict=False))


@pytest.mark.timeout(300)
async def test_a_call_that_breaks_off_is_taken_up_by_the_next(tmp_path: Path) -> None:
    async with open_line(tmp_path, patient) as line, RobotPhone(CALLER) as phone:
        call = await line.call(phone)
        first = Applicant(line, call, CALLER, leaky=True)
        rules = {"请直接说您要办什么": "#0602", "后四位。": f"#{CARD}"}
        await first.goes_on_until(LOST, rules)
        await call.hang_up()
        (broken,) = await line.tickets(1)
        assert not broken.ticket.complete
        await until(lambda: bool(line.happened(live.CallOver)))

        again = await line.call(phone)
        second = Applicant(line, again, CALLER, leaky=True)
        await second.goes_on_until(DONE, {"继续请按一": "#1#", LOST: "昨天下午"})
        await again.hang_up()
        await until(lambda: len(line.happened(live.CallOver)) == 2)

        async def finished() -> Received | None:
            (found,) = await line.platform.tickets()
            return found if found.ticket.complete else None

        one = await until(finished)

    # The same ticket, finished, with what was given before and after.
    assert one.ticket.ticket_no == broken.ticket.ticket_no and one.ticket.revision > 0
    given = values(application(one.ticket))
    assert (given["id_no"], given["card_tail"]) == (ID_NO, CARD) and given["lost_time"]
    assert any(second.call_id in said.text for said in one.ticket.transcript_ref.lines)
    assert not any("身份证号，末位" in text for text in second.said)

    left, right, manifest = recording(tmp_path, first.call_id)
    (span,) = manifest.masked
    silent = left[span.from_ms * 8 : span.to_ms * 8]
    assert span.to_ms - span.from_ms > 18 * 100 and not silent.any()
    # While the digits were keyed, nobody else was recorded either.
    keyed = right[(span.to_ms - TAIL_MS - 1500) * 8 : (span.to_ms - TAIL_MS) * 8]
    assert not keyed.any()
    others = np.concatenate([left[: span.from_ms * 8], left[span.to_ms * 8 :]])
    # Two keys that are not private were heard, as far as they got through; of the rest none.
    assert 1 <= leaks(others) <= 2 < first.leaked - 3
    assert np.abs(right[: span.from_ms * 8]).max() > 1000

    left, _, manifest = recording(tmp_path, second.call_id)
    for span in manifest.masked:
        assert not left[span.from_ms * 8 : span.to_ms * 8].any()
    assert manifest.masked and second.code
    assert files_with(tmp_path, second.code) == set()
    assert {name.partition("-")[0] for name in files_with(tmp_path, ID_NO)} <= {"hotline.db"}
