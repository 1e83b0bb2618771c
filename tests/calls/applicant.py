"""An applicant on the telephone: answers what is asked, by keys or by voice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from ivr import live
from ivr.sip.phone import PhoneCall
from ivr.sip.tones import tone
from tests.calls.line import Line
from tests.calls.test_listening import recorded
from tests.until import until

# Nobody's: the check digit is right, the person is made up.
ID_NO = "450502199001011233"
BETWEEN_KEYS_S = 0.16
LONGEST_S = 150.0
# Too short to be taken for the beginning of a word.
LEAK_HZ, LEAK_S = 941.0, 0.1
KEY_S = 0.4

Answer = str | Callable[[], Awaitable[str]]

# What the usual questions have in them, and how they are answered; keys begin with #.
USUAL: Mapping[str, Answer] = {
    "姓名": "我叫张三",
    "身份证号，末位": f"#{ID_NO}#",
    "用您打来的号码": "#1",
    "同意请按一": "#1",
    "对请按一": "#1",
}


class Applicant:
    """One call. ``answers`` say what to do when the hotline begins to say something with words.

    With ``leaky`` some keys are also heard, as a short tone of ``LEAK_HZ``: on telephones that
    send their tones twice, or in a room where they are echoed. ``leaked`` counts them.
    """

    def __init__(self, line: Line, call: PhoneCall, caller: str, *, leaky: bool = False) -> None:
        self._leaky = leaky
        self.leaked = 0
        self._line = line
        self._call = call
        self.mobile = caller
        self.code = ""
        self._heard = 0
        self.call_id = ""

    def _began(self) -> bool:
        """Whether the hotline knows of the call."""
        over = {event.call_id for event in self._line.happened(live.CallOver)}
        for event in self._line.happened(live.CallBegan):
            mine = isinstance(event, live.CallBegan) and event.caller == self.mobile
            if mine and event.call_id not in over:
                self.call_id = event.call_id
        return bool(self.call_id)

    @property
    def said(self) -> list[str]:
        """What the hotline has begun to say in this call."""
        return [
            event.text
            for event in self._line.events
            if isinstance(event, live.Saying) and event.call_id == self.call_id
        ]

    async def goes_on_until(self, words: str, answers: Mapping[str, Answer]) -> None:
        """Answer questions until the hotline says ``words``."""
        await until(self._began)
        rules = {**USUAL, "六位验证码": self.sms_code, **answers}
        async with asyncio.timeout(LONGEST_S):
            while True:
                await until(
                    lambda: len(self.said) > self._heard or self._call.ended, limit_s=LONGEST_S
                )
                assert not self._call.ended, self.said
                text = self.said[self._heard]
                self._heard += 1
                if words in text:
                    return
                found = [answer for part, answer in rules.items() if part in text]
                if found:
                    await self.give(found[-1])

    async def give(self, answer: Answer) -> None:
        """Key or say it."""
        words = answer if isinstance(answer, str) else await answer()
        if words.startswith("#"):
            await self.press(words[1:])
        else:
            await self._call.play(recorded(words))

    async def press(self, keys: str) -> None:
        """Press keys as fast as people do."""
        for number, key in enumerate(keys):
            await self._call.send_key(key)
            if self._leaky and number % 3 == 0 and number < len(keys) - 1:
                # While the key itself is on its way, nothing else is.
                await asyncio.sleep(KEY_S)
                await self._call.play(tone(LEAK_HZ, LEAK_S))
                self.leaked += 1
            await asyncio.sleep(BETWEEN_KEYS_S)

    async def sms_code(self) -> str:
        """The code that came by SMS, to be keyed."""
        await until(lambda: any(one.kind == "code" for one in self._messages()))
        text = next(one.text for one in reversed(self._messages()) if one.kind == "code")
        found = re.search(r"验证码(\d{6})", text)
        assert found is not None
        self.code = found[1]
        return f"#{self.code}"

    def _messages(self):  # type: ignore[no-untyped-def]
        return self._line.platform.sms.of(self.mobile)
