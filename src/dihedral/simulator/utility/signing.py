"""Keys, requests and certificates, as PEM; the part that needs `cryptography`."""

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Values = dict[str, Any]
Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Builder = x509.CertificateBuilder

DAWN = datetime(2025, 1, 1, tzinfo=UTC)  # the simulator has no clock
PEM = serialization.Encoding.PEM
CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}
NAMES = {
    "common_name": NameOID.COMMON_NAME,
    "country": NameOID.COUNTRY_NAME,
    "email_address": NameOID.EMAIL_ADDRESS,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "postal_code": NameOID.POSTAL_CODE,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "serial_number": NameOID.SERIAL_NUMBER,
    "street_address": NameOID.STREET_ADDRESS,
}
USES = {  # the name in the configuration: the name of the argument here
    "cert_signing": "key_cert_sign",
    "content_commitment": "content_commitment",
    "crl_signing": "crl_sign",
    "data_encipherment": "data_encipherment",
    "decipher_only": "decipher_only",
    "digital_signature": "digital_signature",
    "encipher_only": "encipher_only",
    "key_agreement": "key_agreement",
    "key_encipherment": "key_encipherment",
}
EXTENDED = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
}


def made(kind: str, curve: str, bits: int, seed: bytes) -> Key:
    if kind == "RSA":
        return rsa.generate_private_key(65537, bits)
    if kind == "ED25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())
    if kind != "ECDSA" or curve not in CURVES:
        raise ValueError(f"there is no key of algorithm {kind} and curve {curve}")
    size = CURVES[curve]().key_size
    number = int.from_bytes(hashlib.shake_256(seed).digest(size // 8), "big")
    return ec.derive_private_key(number >> 8 or 1, CURVES[curve]())


def loaded(pem: str) -> Key:
    load = serialization.load_pem_private_key
    if "OPENSSH" in pem:
        load = serialization.load_ssh_private_key
    try:
        key = load(pem.encode(), None)
    except ValueError as cause:
        raise ValueError(f"a private key cannot be read: {cause}") from cause
    if not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise ValueError("a private key must be RSA, ECDSA or ED25519")
    return key


def algorithm(key: Key) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def private_forms(key: Key) -> Values:
    form = serialization.PrivateFormat
    plain = form.PKCS8 if algorithm(key) == "ED25519" else form.TraditionalOpenSSL
    return {
        "private_key_pem": _private(key, plain),
        "private_key_pem_pkcs8": _private(key, form.PKCS8),
        "private_key_openssh": _private(key, form.OpenSSH) if _ssh(key) else "",
    }


def public_forms(key: Key) -> Values:
    """SSH knows no P224: its forms are empty then, as the real provider leaves them."""
    form, public = serialization.PublicFormat, key.public_key()
    forms = {"public_key_pem": public.public_bytes(PEM, form.SubjectPublicKeyInfo).decode()}
    if not _ssh(key):
        names = ("openssh", "fingerprint_md5", "fingerprint_sha256")
        return forms | {f"public_key_{name}": "" for name in names}
    line = public.public_bytes(serialization.Encoding.OpenSSH, form.OpenSSH)
    return forms | {"public_key_openssh": f"{line.decode()}\n"} | _fingerprints(line)


def _fingerprints(line: bytes) -> Values:
    raw = base64.b64decode(line.split()[1])
    md5 = hashlib.md5(raw, usedforsecurity=False).digest()
    sha256 = base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return {
        "public_key_fingerprint_md5": md5.hex(":"),
        "public_key_fingerprint_sha256": f"SHA256:{sha256}",
    }


def _ssh(key: Key) -> bool:
    return not isinstance(key, ec.EllipticCurvePrivateKey) or key.key_size > 224


def _private(key: Key, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(PEM, form, serialization.NoEncryption()).decode()


def requested(key: Key, planned: Values) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(planned))
    names = list(_other_names(planned))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, _hash(key)).public_bytes(PEM).decode()


def self_signed(key: Key, planned: Values, seed: bytes) -> Values:
    subject, names = _subject(planned), list(_other_names(planned))
    builder = _builder(planned, seed).subject_name(subject).issuer_name(subject)
    builder = _extended(builder.public_key(key.public_key()), planned, names)
    if planned.get("set_subject_key_id") is True:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    return _issued(builder, key)


def locally_signed(key: Key, planned: Values, seed: bytes) -> Values:
    asked = x509.load_pem_x509_csr(planned["cert_request_pem"].encode())
    issuer = x509.load_pem_x509_certificate(planned["ca_cert_pem"].encode())
    names = [
        name
        for one in asked.extensions
        if isinstance(one.value, x509.SubjectAlternativeName)
        for name in one.value
    ]
    builder = _builder(planned, seed).subject_name(asked.subject).issuer_name(issuer.subject)
    builder = _extended(builder.public_key(asked.public_key()), planned, names)
    return _issued(builder, key)


def stand_in(url: str, seed: bytes) -> str:
    key = made("ED25519", "", 0, seed)
    planned = {"subject": [{"common_name": url[:64]}], "validity_hours": 87600, "allowed_uses": []}
    return str(self_signed(key, planned, seed)["cert_pem"])


def certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def described(one: x509.Certificate) -> Values:
    limits = [e.value for e in one.extensions if isinstance(e.value, x509.BasicConstraints)]
    depth = limits[0].path_length if limits else None
    public = type(one.public_key()).__name__
    return {
        "cert_pem": one.public_bytes(PEM).decode(),
        "is_ca": bool(limits and limits[0].ca),
        "issuer": one.issuer.rfc4514_string(),
        "max_path_length": -1 if depth is None else depth,
        "not_after": _text(one.not_valid_after_utc),
        "not_before": _text(one.not_valid_before_utc),
        "public_key_algorithm": "RSA"
        if "RSA" in public
        else "Ed25519"
        if "Ed" in public
        else "ECDSA",
        "serial_number": str(one.serial_number),
        "sha1_fingerprint": one.fingerprint(hashes.SHA1()).hex(),  # noqa: S303
        "signature_algorithm": one.signature_algorithm_oid._name,
        "subject": one.subject.rfc4514_string(),
        "version": one.version.value + 1,
    }


def _builder(planned: Values, seed: bytes) -> Builder:
    serial = int.from_bytes(hashlib.sha256(b"serial" + seed).digest()[:16], "big") >> 1
    until = DAWN + timedelta(hours=int(planned["validity_hours"]))
    return Builder().serial_number(serial).not_valid_before(DAWN).not_valid_after(until)


def _extended(builder: Builder, planned: Values, names: list[x509.GeneralName]) -> Builder:
    uses = {argument: name in planned["allowed_uses"] for name, argument in USES.items()}
    further = [oid for name, oid in EXTENDED.items() if name in planned["allowed_uses"]]
    authority = planned.get("is_ca_certificate") is True
    depth = planned.get("max_path_length") if authority else None
    limits = x509.BasicConstraints(authority, None if depth is None else int(depth))
    builder = builder.add_extension(limits, critical=True)
    if any(uses.values()):
        uses = {n: v and (uses["key_agreement"] or not n.endswith("only")) for n, v in uses.items()}
        builder = builder.add_extension(x509.KeyUsage(**uses), critical=True)
    if further:
        builder = builder.add_extension(x509.ExtendedKeyUsage(further), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder


def _issued(builder: Builder, key: Key) -> Values:
    made = builder.sign(key, _hash(key))
    return {
        "cert_pem": made.public_bytes(PEM).decode(),
        "id": str(made.serial_number),
        "validity_start_time": _text(made.not_valid_before_utc),
        "validity_end_time": _text(made.not_valid_after_utc),
    }


def _hash(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _subject(planned: Values) -> x509.Name:
    found: Values = next(iter(planned.get("subject") or []), {})
    return x509.Name(
        x509.NameAttribute(oid, part)
        for name, oid in NAMES.items()
        for part in _several(found.get(name))
    )


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _other_names(planned: Values) -> Iterator[x509.GeneralName]:
    yield from (x509.DNSName(name) for name in planned.get("dns_names") or ())
    for address in planned.get("ip_addresses") or ():
        yield x509.IPAddress(ipaddress.ip_address(address))
    yield from (x509.UniformResourceIdentifier(uri) for uri in planned.get("uris") or ())


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
