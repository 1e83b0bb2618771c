"""Signing what goes to the platform, and checking what comes from it.

HMAC-SHA256, in hex, over five lines: method, path with query, time stamp, nonce, and the
SHA-256 of the body in hex. The time stamp is whole Unix seconds. A nonce is used once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

KEY_ID = "X-Hotline-Key-Id"
TIMESTAMP = "X-Hotline-Timestamp"
NONCE = "X-Hotline-Nonce"
SIGNATURE = "X-Hotline-Signature"

_LONGEST_NONCE = 64


class BadSignature(Exception):
    """The request is not what the holder of the key signed, or not signed now."""


def sign(secret: str, method: str, path: str, timestamp: int | str, nonce: str, body: bytes) -> str:
    """The signature of one request."""
    digest = hashlib.sha256(body).hexdigest()
    text = "\n".join([method.upper(), path, str(timestamp), nonce, digest])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def headers(
    key_id: str, secret: str, method: str, path: str, body: bytes, *, now: float
) -> dict[str, str]:
    """The four headers of a request made at ``now`` (Unix seconds), with a fresh nonce."""
    timestamp = str(int(now))
    nonce = secrets.token_hex(16)
    return {
        KEY_ID: key_id,
        TIMESTAMP: timestamp,
        NONCE: nonce,
        SIGNATURE: sign(secret, method, path, timestamp, nonce, body),
    }


class Verifier:
    """Checks signatures, and that no request is played a second time.

    ``keys`` maps key ids to secrets. Nonces are remembered for as long as their time stamp
    would still be accepted.
    """

    def __init__(self, keys: Mapping[str, str], *, clock_skew_s: float = 300.0) -> None:
        self._keys = {key_id: secret for key_id, secret in keys.items() if key_id and secret}
        self._skew_s = clock_skew_s
        self._seen: dict[tuple[str, str], float] = {}

    def check(
        self, method: str, path: str, given: Mapping[str, str], body: bytes, *, now: float
    ) -> str:
        """The id of the key that signed this request.

        Raises :class:`BadSignature`, which says what is wrong but not what would be right.
        """
        key_id, nonce = given.get(KEY_ID, ""), given.get(NONCE, "")
        timestamp, signature = given.get(TIMESTAMP, ""), given.get(SIGNATURE, "")
        if key_id not in self._keys:
            raise BadSignature("the key id is not known")
        if not 0 < len(nonce) <= _LONGEST_NONCE:
            raise BadSignature("the nonce is missing or too long")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
            raise BadSignature("the time stamp is not a number of seconds")
        right = sign(self._keys[key_id], method, path, timestamp, nonce, body)
        if not hmac.compare_digest(right.encode(), signature.encode()):
            raise BadSignature("the signature does not fit")
        if abs(now - int(timestamp)) > self._skew_s:
            raise BadSignature("the time stamp is too far from this clock")
        self._forget(now)
        if (key_id, nonce) in self._seen:
            raise BadSignature("the nonce has been used")
        self._seen[key_id, nonce] = int(timestamp) + self._skew_s
        return key_id

    def _forget(self, now: float) -> None:
        # Oldest first but for the clocks' difference, so most of the time nothing is walked.
        for seen, until in list(self._seen.items()):
            if until >= now:
                break
            del self._seen[seen]
