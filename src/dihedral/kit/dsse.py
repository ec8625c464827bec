"""Signed documents: Ed25519 in a DSSE envelope, one canonical line of JSON.

Source  github.com/secure-systems-lab/dsse, envelope.md and protocol.md; RFC 8032 for Ed25519.
Shape   {"payload": base64, "payloadType": …, "signatures": [{"keyid": …, "sig": base64}]} and a
        line feed. Only the exact bytes that `sign` makes are taken, so that nobody can alter a
        byte, not even one that means nothing. A key's id is the start of the SHA-256 of its public
        half.
"""

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Forged(Exception):
    """It is not what was signed, or not signed by that key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """`private` and `public` are 32 raw bytes each."""

    id: str
    public: bytes
    private: bytes = field(repr=False)

    @classmethod
    def of(cls, private: bytes) -> "Signer":
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        return cls(key_id(public), public, private)

    @classmethod
    def new(cls) -> "Signer":
        return cls.of(Ed25519PrivateKey.generate().private_bytes_raw())


@dataclass(frozen=True, slots=True)
class Opened:
    """What was signed, of which type, by which key."""

    payload: bytes
    type: str
    key: str


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    payload: str
    payloadType: str
    signatures: list[_Signature]


def key_id(public: bytes) -> str:
    return sha256(public).hexdigest()[:16]


def sign(signer: Signer, payload: bytes, type: str) -> bytes:
    """The envelope."""
    signature = Ed25519PrivateKey.from_private_bytes(signer.private).sign(_pae(type, payload))
    return _encode(
        _Envelope(
            payload=base64.b64encode(payload).decode(),
            payloadType=type,
            signatures=[_Signature(signer.id, base64.b64encode(signature).decode())],
        )
    )


def open_(envelope: bytes, public: bytes) -> Opened:
    """What this key signed. Raises Forged."""
    try:
        read = msgspec.json.decode(envelope, type=_Envelope)
        payload = base64.b64decode(read.payload, validate=True)
        [given] = read.signatures
        signature = base64.b64decode(given.sig, validate=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error, ValueError) as cause:
        raise Forged(f"it is not a signed document: {cause}") from None
    again = (base64.b64encode(payload).decode(), base64.b64encode(signature).decode())
    if envelope != _encode(read) or again != (read.payload, given.sig):
        raise Forged("it is not written as it was signed: a byte was changed")
    if given.keyid != key_id(public):
        raise Forged(f"it names key {given.keyid}, and this is key {key_id(public)}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, _pae(read.payloadType, payload)
        )
    except InvalidSignature:
        raise Forged(f"it was changed, or key {given.keyid} never signed it") from None
    return Opened(payload, read.payloadType, given.keyid)


def _pae(type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what is signed says its own lengths and its type."""
    kind = type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _encode(envelope: _Envelope) -> bytes:
    return msgspec.json.encode(envelope) + b"\n"
