"""Bank card numbers and passwords: never taken by telephone, and not kept when said."""

from __future__ import annotations

import re

from stdnum import luhn
from stdnum.cn import ric

from flows.values.digits import digit_runs

_NAMED = re.compile(
    r"(?:密码|口令|银行卡号?|卡号|信用卡|储蓄卡|借记卡|安全码|CVV|cvv)(?:[是为叫]|就是|应该是|：|:|，|,)*"
    r"(?P<digits>[0-9零〇一二两三四五六七八九幺]{4,})"
)
# The last four of a card are asked for by some services; more than that never.
_LEAST = {"密码": 4, "口令": 4, "安全": 3, "CVV": 3, "cvv": 3}
_CARD_LEAST = 6
_CARD = range(16, 20)


def secret_in(text: str) -> bool:
    """Whether ``text`` has a bank card's number, or the digits of a password, in it.

    A card's number is known by its length and check digit (ISO/IEC 7812), or by being called
    one; an identity number is none, whatever it looks like.
    """
    for hit in _NAMED.finditer(text):
        least = next((n for word, n in _LEAST.items() if hit[0].startswith(word)), _CARD_LEAST)
        if len(hit["digits"]) >= least:
            return True
    return any(_is_card(run) for run in digit_runs(text))


def _is_card(digits: str) -> bool:
    if len(digits) not in _CARD or not luhn.is_valid(digits):
        return False
    return not (len(digits) == 18 and ric.calc_check_digit(digits) == digits[-1])
