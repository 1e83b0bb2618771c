"""Makes a scripted call on a real SIP phone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ivr.robot.ear import Ear
from ivr.robot.mouth import Mouth
from ivr.robot.script import Script, Step
from ivr.sip.phone import PhoneCall, PhoneError, RobotPhone
from ivr.sip.sound import read_wav

# A prompt that does not come within this time does not come.
LONGEST_WAIT_S = 60.0
BETWEEN_KEYS_S = 0.25
CODE = re.compile(r"验证码\D{0,4}(\d{4,8})")


class CallReport(msgspec.Struct, frozen=True):
    """How a scripted call went: all steps done, the final SIP status, seconds, and the codec."""

    name: str
    completed: bool
    code: int
    seconds: float
    codec: str
    trouble: str = ""


class Caller:
    """Follows one script. ``base`` is where the script's WAV files lie.

    ``messages`` gives the text messages that the caller's mobile has received, oldest first.
    """

    def __init__(
        self,
        script: Script,
        mouth: Mouth,
        base: Path,
        on_step: Callable[[Step], None] = lambda step: None,
        messages: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._script = script
        self._mouth = mouth
        self._base = base
        self._on_step = on_step
        self._messages = messages
        self._ear = Ear()
        self._heard = asyncio.Condition()

    async def call(self, uri: str, *, codec: str = "PCMA", save: Path | None = None) -> CallReport:
        """Dial ``uri`` and follow the script; ``save`` keeps what was heard as a WAV file.

        What goes wrong in the call is in the report. Raises ``BadSound`` for a ``play`` file,
        ``SpeechError`` for words that cannot be said, ``PhoneError`` for a phone that does not
        work, OSError for a ``save`` that cannot be written.
        """
        for step in self._script.steps:
            if step.play:
                # A file that cannot be played is told before anybody's phone rings.
                await asyncio.to_thread(read_wav, str(self._base / step.play))
        async with RobotPhone(self._script.caller) as phone:
            call = await phone.dial(uri, codec=codec)
            trouble, where = "", "not answered"
            hearing: asyncio.Task[None] | None = None
            try:
                async with asyncio.timeout(self._script.longest_s):
                    await call.up()
                    hearing = asyncio.create_task(self._listen(call))
                    for number, step in enumerate(self._script.steps, start=1):
                        where = f"step {number}, {_named(step)}"
                        self._on_step(step)
                        await self._do(step, call)
                    where = "all steps done, waiting for the hotline to hang up"
                    await call.over(self._script.longest_s)
            except PhoneError as error:
                trouble = f"{where}: {error}"
            except TimeoutError:
                trouble = f"{where}: the whole call not over in {self._script.longest_s:.0f} s"
            finally:
                await call.hang_up()
                if hearing is not None:
                    await hearing
            if save is not None:
                call.save(save)
            return CallReport(
                self._script.name, not trouble, call.code, self._ear.at, call.codec, trouble
            )

    async def _do(self, step: Step, call: PhoneCall) -> None:
        if step.wait:
            await self._wait(step.wait, call)
        elif step.say:
            await call.play(await self._mouth.sound(step.say, self._script.voice))
            self._ear.forget()
        elif step.play:
            await call.play(self._base / step.play)
            self._ear.forget()
        elif step.key:
            await self._press(step.key, call)
        elif step.code:
            await self._press(await self._code(), call)
        elif step.pause:
            await asyncio.sleep(step.pause)
        elif step.hangup:
            await call.hang_up()

    async def _press(self, keys: str, call: PhoneCall) -> None:
        for key in keys:
            await call.send_key(key, method=self._script.dtmf)
            await asyncio.sleep(BETWEEN_KEYS_S)
        self._ear.forget()

    async def _code(self) -> str:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                while True:
                    for message in reversed(self._messages()):
                        found = CODE.search(message)
                        if found is not None:
                            return found[1]
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise PhoneError(f"no code came by SMS within {LONGEST_WAIT_S:.0f} s") from None

    async def _wait(self, what: str, call: PhoneCall) -> None:
        def there() -> bool:
            return call.ended or (self._ear.prompt_over if what == "prompt" else self._ear.sounding)

        try:
            async with self._heard, asyncio.timeout(LONGEST_WAIT_S):
                await self._heard.wait_for(there)
        except TimeoutError:
            raise PhoneError(f"no {what} came within {LONGEST_WAIT_S:.0f} s") from None
        if call.ended:
            raise PhoneError(f"call ended with {call.code} while waiting for a {what}")

    async def _listen(self, call: PhoneCall) -> None:
        async for frame in call.heard():
            async with self._heard:
                self._ear.hear(frame.pcm)
                self._heard.notify_all()
        async with self._heard:
            self._heard.notify_all()


def _named(step: Step) -> str:
    """A step as it stands in its script."""
    given = next(name for name in step.__struct_fields__ if getattr(step, name))
    return f"{given}: {getattr(step, given)}"
