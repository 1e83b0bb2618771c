"""Signatures: what is signed, and what is let through."""

from __future__ import annotations

import pytest

from adapters import signature
from adapters.signature import BadSignature, Verifier

NOW = 1_795_000_000.0
BODY = '{"内容": "路灯"}'.encode()


def signed(**changes: str) -> dict[str, str]:
    """Headers of a good request, some of them changed."""
    return signature.headers("k", "secret", "POST", "/v1/x?a=1", BODY, now=NOW) | changes


def verifier() -> Verifier:
    """One that knows the key."""
    return Verifier({"k": "secret", "other": "secret2", "": "", "empty": ""}, clock_skew_s=60)


def test_the_signature_is_the_documented_one() -> None:
    # printf 'POST\n/v1/x?a=1\n1795000000\nn\n<sha256 of "{}">' | openssl dgst -sha256 -hmac secret
    assert (
        signature.sign("secret", "post", "/v1/x?a=1", 1_795_000_000, "n", b"{}")
        == "741ff9d5846d7f3acff9a0fce567ef4a8a384470296ec7d85343a8be3b8b5536"
    )


def test_a_good_request_passes_and_names_its_key() -> None:
    assert verifier().check("POST", "/v1/x?a=1", signed(), BODY, now=NOW) == "k"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", "/v1/x?a=1", BODY), ("POST", "/v1/x?a=2", BODY), ("POST", "/v1/x?a=1", b"{}")],
)
def test_method_path_and_body_are_covered(method: str, path: str, body: bytes) -> None:
    with pytest.raises(BadSignature, match="does not fit"):
        verifier().check(method, path, signed(), body, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {signature.KEY_ID: "other"},
        {signature.KEY_ID: "nobody"},
        {signature.KEY_ID: ""},
        {signature.KEY_ID: "empty"},
        {signature.NONCE: "another"},
        {signature.NONCE: ""},
        {signature.NONCE: "n" * 65},
        {signature.TIMESTAMP: str(int(NOW) + 1)},
        {signature.TIMESTAMP: ""},
        {signature.TIMESTAMP: "-5"},
        {signature.TIMESTAMP: "٣"},
        {signature.TIMESTAMP: "9" * 20},
        {signature.SIGNATURE: ""},
        {signature.SIGNATURE: "签"},
    ],
)
def test_every_header_is_covered(changes: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verifier().check("POST", "/v1/x?a=1", signed(**changes), BODY, now=NOW)


@pytest.mark.parametrize(("late_s", "good"), [(60, True), (-60, True), (61, False), (-61, False)])
def test_the_clock_window_has_two_sides(late_s: int, good: bool) -> None:
    if good:
        verifier().check("POST", "/v1/x?a=1", signed(), BODY, now=NOW + late_s)
        return
    with pytest.raises(BadSignature, match="too far"):
        verifier().check("POST", "/v1/x?a=1", signed(), BODY, now=NOW + late_s)


def test_a_request_played_again_is_refused() -> None:
    checking, request = verifier(), signed()
    checking.check("POST", "/v1/x?a=1", request, BODY, now=NOW)
    for later in (0, 30, 60):
        with pytest.raises(BadSignature, match="nonce"):
            checking.check("POST", "/v1/x?a=1", request, BODY, now=NOW + later)
    with pytest.raises(BadSignature, match="too far"):
        checking.check("POST", "/v1/x?a=1", request, BODY, now=NOW + 61)


def test_a_forged_request_does_not_use_the_nonce_up() -> None:
    checking, request = verifier(), signed()
    with pytest.raises(BadSignature):
        checking.check("POST", "/v1/x?a=1", request | {signature.SIGNATURE: "0"}, BODY, now=NOW)
    checking.check("POST", "/v1/x?a=1", request, BODY, now=NOW)
