"""Signed documents: what was signed opens, and nothing else does."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dihedral.kit import dsse
from dihedral.kit.dsse import Forged, Signer

SIGNER = Signer.of(bytes(range(32)))
STORY = b'{"run":"run-1"}'
SIGNED = dsse.sign(SIGNER, STORY, "text/x-story")


def test_what_was_signed_opens_with_its_key() -> None:
    opened = dsse.open_(SIGNED, SIGNER.public)
    assert (opened.payload, opened.type, opened.key) == (STORY, "text/x-story", SIGNER.id)


def test_the_signature_is_over_the_envelope_standards_own_encoding() -> None:
    """Source: the protocol's text, `DSSEv1 LEN(type) type LEN(body) body`."""
    signature = base64.b64decode(json.loads(SIGNED)["signatures"][0]["sig"])
    over = b"DSSEv1 12 text/x-story 15 " + STORY
    Ed25519PublicKey.from_public_bytes(SIGNER.public).verify(signature, over)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(Forged, match="names key"):
        dsse.open_(SIGNED, Signer.new().public)


@pytest.mark.parametrize("bit", [1, 32, 128])
def test_no_byte_of_it_can_be_changed(bit: int) -> None:
    for at in range(len(SIGNED)):
        forged = bytearray(SIGNED)
        forged[at] ^= bit
        with pytest.raises(Forged):
            dsse.open_(bytes(forged), SIGNER.public)


def test_no_byte_can_be_taken_away_or_added() -> None:
    for at in range(len(SIGNED) + 1):
        for forged in (SIGNED[:at] + SIGNED[at + 1 :], SIGNED[:at] + b" " + SIGNED[at:]):
            if forged != SIGNED:
                with pytest.raises(Forged):
                    dsse.open_(forged, SIGNER.public)


def test_a_private_key_is_never_shown() -> None:
    assert SIGNER.private.hex() not in repr(SIGNER)
    assert repr(SIGNER.private) not in repr(SIGNER)
