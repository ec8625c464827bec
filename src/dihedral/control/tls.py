"""The server's certificate: read from two files, and again when they are renewed."""

import asyncio
import logging
import os
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from dihedral.control.settings import Settings
from dihedral.domain.errors import Invalid

LOOK = 60.0  # seconds between two looks whether the files are others
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pair:
    """The files: a certificate with those that lead to its CA, and its private key."""

    cert: Path
    key: Path

    def stamp(self) -> tuple[tuple[int, ...], ...]:
        """Another one where a file is another. Raises OSError."""
        stats = (path.stat() for path in (self.cert, self.key))
        return tuple((s.st_ino, s.st_mtime_ns, s.st_size) for s in stats)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a certificate says of itself."""

    names: Sequence[str]
    ends: datetime


def pair(settings: Settings) -> Pair | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Pair(settings.tls_cert, settings.tls_key)


def context(files: Pair) -> ssl.SSLContext:
    """What a server speaks TLS with, 1.2 or newer. Raises Invalid."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(found, files)
    return found


async def renew(live: ssl.SSLContext, files: Pair, look: float = LOOK) -> None:
    """For ever: who connects after the files have changed sees the new certificate."""
    seen: object = files.stamp()
    while True:
        await asyncio.sleep(look)
        try:
            stamp = files.stamp()
            if stamp == seen:
                continue
            seen = stamp
            context(files)  # tried apart: half a pair would leave the live one with no key
            _load(live, files)
            _log.info("the certificate is renewed; it ends at %s", shown(files.cert).ends)
        except (OSError, Invalid) as cause:
            _log.error("the new certificate is not taken, the old one stays: %s", cause)


def shown(cert: Path) -> Shown:
    """Raises Invalid."""
    try:
        leaf = x509.load_pem_x509_certificates(cert.read_bytes())[0]
    except (OSError, ValueError) as cause:
        raise Invalid(f"the certificate {cert} cannot be read: {cause}") from cause
    try:
        said = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Shown((), leaf.not_valid_after_utc)
    addresses = map(str, said.get_values_for_type(x509.IPAddress))
    return Shown((*said.get_values_for_type(x509.DNSName), *addresses), leaf.not_valid_after_utc)


def covers(names: Sequence[str], host: str) -> bool:
    """Whether one of them is the host's, or stands for all of its domain."""
    host = host.lower()
    wild = "*." + host.partition(".")[2]
    return any(name.lower() in (host, wild) for name in names)


def _load(into: ssl.SSLContext, files: Pair) -> None:
    try:
        mode = stat.S_IMODE(files.key.stat().st_mode)
        if os.name != "nt" and mode & 0o077:
            raise Invalid(
                f"the key {files.key} can be read by others (mode {mode:04o}):"
                f" run `chmod 600 {files.key}`, and think about who may have seen it"
            )
        into.load_cert_chain(files.cert, files.key, password=lambda: b"")
    except ssl.SSLError as cause:
        raise Invalid(
            f"{files.cert} and {files.key} are no pair to speak TLS with: {cause.reason};"
            " both are PEM, the key is the certificate's, and has no password"
        ) from cause
    except OSError as cause:
        at = cause.filename or files.cert
        raise Invalid(f"{at} cannot be read: {cause.strerror or cause}") from cause
