"""Settings of a call's life."""

from __future__ import annotations

import msgspec


class CodeSettings(msgspec.Struct, frozen=True):
    """One-time codes by SMS.

    A code has ``digits`` digits, holds for ``minutes`` and may be tried ``tries`` times. At
    most ``per_call`` are sent in a call, ``per_mobile`` to one number within an hour and
    ``per_caller`` on behalf of one calling number. ``text`` is the message, with ``{code}`` and
    ``{minutes}``.
    """

    digits: int = 6
    minutes: int = 5
    tries: int = 3
    per_call: int = 3
    per_mobile: int = 5
    per_caller: int = 10
    text: str = (
        "【北海12345】验证码{code}，{minutes}分钟内有效。请在通话中按键输入，不要告诉任何人。"
    )

    def __post_init__(self) -> None:
        if not 4 <= self.digits <= 8:
            raise ValueError("digits must be 4-8")
        if min(self.minutes, self.tries, self.per_call, self.per_mobile, self.per_caller) < 1:
            raise ValueError("minutes, tries and the limits must be at least 1")
        if "{code}" not in self.text:
            raise ValueError("text must have {code} in it")


class CallSettings(msgspec.Struct, frozen=True):
    """How calls are handled.

    ``operator`` is the SIP address of the operator's phone or queue; ``targets`` the SIP
    addresses of other transfer targets by number ("119" = "sip:119@gateway"). A target not
    named there is dialled as ``gateway`` with ``{number}`` filled in, if that is set.
    ``ring_s`` is how long a transfer rings before it counts as unanswered, ``handoff_s`` how
    long the hand-off card may take before the phone rings all the same. ``request_s`` is how
    long a system outside may take to answer while a caller waits; ``link_text`` the SMS with a
    link, with ``{service}`` and ``{url}``. ``resume_minutes`` is how long what a broken-off call
    had taken down may be taken up again by the same number.
    """

    operator: str = ""
    targets: dict[str, str] = {}
    gateway: str = ""
    ring_s: float = 25.0
    handoff_s: float = 2.0
    request_s: float = 12.0
    link_text: str = "【北海12345】您办理的“{service}”请打开链接完成认证和材料：{url}"
    resume_minutes: int = 60
    codes: CodeSettings = CodeSettings()

    def __post_init__(self) -> None:
        if "{url}" not in self.link_text:
            raise ValueError("link_text must have {url} in it")

    def uri(self, target: str) -> str:
        """The SIP address to dial for ``target``, "" if there is none."""
        if target == "operator":
            return self.operator
        if target in self.targets:
            return self.targets[target]
        return self.gateway.format(number=target) if self.gateway else ""
