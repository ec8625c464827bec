"""The certificate that a provider shows Terraform: made once, kept for a year."""

import datetime
import os
import tempfile
import time
from pathlib import Path

import msgspec

YEAR = 365 * 24 * 3600
EARLY = 24 * 3600  # seconds before its end that it is made anew


class Kept(msgspec.Struct, frozen=True):
    der: bytes
    pem: bytes
    key: bytes
    until: float


def certified(path: Path) -> Kept:
    """The certificate kept at `path`, mode 0600; made when absent, broken or nearly over."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        if kept.until > time.time() + EARLY:
            return kept
    except (OSError, msgspec.MsgspecError):
        pass  # absent or broken: made anew below
    made = _made(time.time() + YEAR)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mkstemp gives mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(made))
    os.replace(name, path)
    return made


def _made(until: float) -> Kept:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    end = datetime.datetime.fromtimestamp(until, datetime.UTC)
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(seconds=YEAR + EARLY))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return Kept(
        der=made.public_bytes(serialization.Encoding.DER),
        pem=made.public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        until=until,
    )
