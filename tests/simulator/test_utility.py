"""The utility providers: what they draw, hash, reckon and sign is what the real ones would."""

import base64
import gzip
import hashlib
import string
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.simulator import known
from dihedral.simulator.utility import BEHAVIOUR
from dihedral.simulator.utility.chance import SPECIAL

Values = dict[str, Any]
SEED = bytes(32)
seeds = st.binary(min_size=32, max_size=32)


def made(name: str, planned: Values, seed: bytes = SEED, mode: str = "resource") -> Values:
    return BEHAVIOUR[name](mode, planned, seed)


def test_every_type_of_the_utility_providers_behaves() -> None:
    utilities = [name for name in known.PROVIDERS if name != "hashicorp/aws"]
    schemas = [known.read(name)[0] for name in utilities]
    sections = ("resource_schemas", "data_source_schemas", "ephemeral_resource_schemas")
    names = {name for schema in schemas for key in sections for name in schema.get(key, {})}
    assert names == BEHAVIOUR.keys() | {"local_sensitive_file", "random_password"}


@settings(max_examples=50, deadline=None)
@given(seeds, st.integers(8, 64), *[st.integers(0, 2)] * 4, st.booleans())
def test_a_password_holds_what_it_must(
    seed: bytes, length: int, lower: int, upper: int, numeric: int, special: int, plain: bool
) -> None:
    least = {"lower": lower, "upper": upper, "numeric": numeric, "special": special}
    asked: Values = {"length": length, **{f"min_{name}": n for name, n in least.items()}}
    drawn = made("random_password", asked | ({"override_special": "_"} if plain else {}), seed)
    result = drawn["result"]
    classes = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": "_" if plain else SPECIAL,
    }
    assert len(result) == length
    assert set(result) <= set("".join(classes.values()))
    for name, letters in classes.items():
        assert sum(letter in letters for letter in result) >= least[name]
    assert drawn["id"] == "none"
    assert drawn["bcrypt_hash"].startswith("$2a$10$")


@pytest.mark.parametrize(
    ("without", "letters"),
    [
        (("special",), string.ascii_letters + string.digits),
        (("special", "upper"), string.ascii_lowercase + string.digits),
        (("special", "numeric"), string.ascii_letters),
        (("special", "number"), string.ascii_letters),
        (("lower", "upper", "special"), string.digits),
    ],
)
def test_a_string_leaves_out_what_it_may_not_have(without: tuple[str, ...], letters: str) -> None:
    drawn = made("random_string", {"length": 200, **dict.fromkeys(without, False)})
    assert set(drawn["result"]) <= set(letters)
    assert drawn["id"] == drawn["result"]


def test_a_string_too_short_for_its_minimums_is_refused() -> None:
    with pytest.raises(ValueError, match="a length of 2 cannot hold"):
        made("random_string", {"length": 2, "min_upper": 2, "min_lower": 1})


@given(seeds, st.integers(1, 40))
def test_the_forms_of_an_id_are_one_number(seed: bytes, length: int) -> None:
    drawn = made("random_id", {"byte_length": length, "prefix": None}, seed)
    raw = bytes.fromhex(drawn["hex"])
    assert len(raw) == length
    assert int(drawn["dec"]) == int.from_bytes(raw, "big")
    assert base64.b64decode(drawn["b64_std"]) == raw
    assert base64.urlsafe_b64decode(drawn["b64_url"] + "=" * (-len(drawn["b64_url"]) % 4)) == raw
    assert drawn["id"] == drawn["b64_url"]


@given(seeds, st.integers(-50, 50), st.integers(0, 30))
def test_an_integer_lies_between_its_bounds(seed: bytes, low: int, more: int) -> None:
    drawn = made("random_integer", {"min": low, "max": low + more}, seed)
    assert low <= drawn["result"] <= low + more
    assert drawn["id"] == str(drawn["result"])


@given(seeds, st.lists(st.text(max_size=3), max_size=8))
def test_a_shuffle_keeps_all(seed: bytes, words: list[str]) -> None:
    assert sorted(made("random_shuffle", {"input": words}, seed)["result"]) == sorted(words)
    cut = made("random_shuffle", {"input": words, "result_count": 11}, seed)["result"]
    assert len(cut) == (11 if words else 0)


def test_a_written_seed_decides_alone() -> None:
    asked = {"min": 1, "max": 10**9, "seed": "mine"}
    assert made("random_integer", asked, b"a" * 32) == made("random_integer", asked, b"b" * 32)


def test_the_same_seed_draws_the_same_and_another_draws_anew() -> None:
    asked: dict[str, Values] = {
        "random_pet": {"length": 3, "separator": "-"},
        "random_uuid": {},
        "random_bytes": {"length": 16},
        "random_password": {"length": 20},
        "null_resource": {},
    }
    for name, planned in asked.items():
        assert made(name, planned) == made(name, planned)
        assert made(name, planned) != made(name, planned, b"x" * 32)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_pet_has_as_many_words_as_asked(length: int) -> None:
    drawn = made("random_pet", {"length": length, "separator": "_", "prefix": "my"})
    assert len(drawn["id"].split("_")) == length + 1
    assert drawn["id"].startswith("my_")


def test_a_file_has_the_hashes_of_its_content() -> None:
    drawn = made("local_file", {"filename": "never-written", "content": "hello"})
    assert drawn["content_sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert drawn["content_base64sha256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert drawn["id"] == drawn["content_sha1"] == hashlib.sha1(b"hello").hexdigest()
    encoded = made("local_file", {"content_base64": base64.b64encode(b"hello").decode()})
    assert encoded["content_md5"] == drawn["content_md5"]


def test_what_lies_outside_is_refused_with_the_way_on() -> None:
    for name, planned in (
        ("local_file", {"filename": "/etc/hostname"}),
        ("http", {"url": "https://example.org"}),
        ("external", {"program": ["id"]}),
    ):
        with pytest.raises(ValueError, match="state the answer in a scenario"):
            made(name, planned, mode="data")


def test_time_moves_by_the_calendar_from_a_fixed_day() -> None:
    assert made("time_static", {})["rfc3339"] == "2025-01-01T00:00:00Z"
    asked = {"base_rfc3339": "2024-01-31T10:00:00+02:00", "offset_months": 1, "offset_hours": -8}
    moved = made("time_offset", asked)
    assert (moved["rfc3339"], moved["unix"]) == ("2024-03-02T00:00:00Z", 1709337600)
    assert (moved["year"], moved["month"], moved["day"], moved["hour"]) == (2024, 3, 2, 0)
    assert (
        made("time_rotating", {"rotation_years": 1})["rotation_rfc3339"] == "2026-01-01T00:00:00Z"
    )
    with pytest.raises(ValueError, match="'yesterday' is no time"):
        made("time_static", {"rfc3339": "yesterday"})


def test_user_data_is_packed_as_mime() -> None:
    part = {"content": "#!/bin/sh", "content_type": "text/x-shellscript", "filename": "a.sh"}
    plain = made("cloudinit_config", {"part": [part], "gzip": False, "base64_encode": False})
    assert plain["rendered"] == (
        'Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"\nMIME-Version: 1.0\r\n\r\n'
        "--MIMEBOUNDARY\r\n"
        'Content-Disposition: attachment; filename="a.sh"\r\n'
        "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/x-shellscript\r\n"
        "Mime-Version: 1.0\r\n\r\n#!/bin/sh\r\n--MIMEBOUNDARY--\r\n"
    )
    packed = made("cloudinit_config", {"part": [part]})["rendered"]
    assert gzip.decompress(base64.b64decode(packed)).decode() == plain["rendered"]


def test_a_key_is_one_key_in_all_its_forms() -> None:
    key = made("tls_private_key", {"algorithm": "ECDSA", "ecdsa_curve": "P384", "rsa_bits": 2048})
    loaded = serialization.load_pem_private_key(key["private_key_pem"].encode(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert loaded.key_size == 384
    public = loaded.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert public.decode() == key["public_key_pem"]
    again = made("tls_public_key", {"private_key_openssh": key["private_key_openssh"]}, mode="data")
    names = ("public_key_pem", "public_key_openssh", "public_key_fingerprint_sha256", "id")
    assert {name: again[name] for name in names} == {name: key[name] for name in names}
    small = made("tls_private_key", {"algorithm": "ECDSA", "ecdsa_curve": "P224", "rsa_bits": 0})
    assert small["public_key_openssh"] == small["private_key_openssh"] == ""


def test_a_chain_of_certificates_verifies() -> None:
    rsa_key = made("tls_private_key", {"algorithm": "RSA", "ecdsa_curve": "", "rsa_bits": 2048})
    authority = made("tls_self_signed_cert", _authority(rsa_key))
    leaf = made("tls_private_key", {"algorithm": "ED25519", "ecdsa_curve": "", "rsa_bits": 0})
    asked = {"subject": [{"common_name": "leaf"}], "dns_names": ["a.example.org"]}
    request = made("tls_cert_request", {"private_key_pem": leaf["private_key_pem"], **asked})
    signing = {
        "ca_private_key_pem": rsa_key["private_key_pem"],
        "ca_cert_pem": authority["cert_pem"],
        "cert_request_pem": request["cert_request_pem"],
        "validity_hours": 12,
        "allowed_uses": ["server_auth", "digital_signature"],
    }
    signed = made("tls_locally_signed_cert", signing)
    root = x509.load_pem_x509_certificate(authority["cert_pem"].encode())
    end = x509.load_pem_x509_certificate(signed["cert_pem"].encode())
    key = root.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert end.signature_hash_algorithm is not None
    key.verify(
        end.signature, end.tbs_certificate_bytes, padding.PKCS1v15(), end.signature_hash_algorithm
    )
    names = end.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.org"]
    assert signed["validity_end_time"] == "2025-01-01T12:00:00Z"
    assert (request["key_algorithm"], signed["ca_key_algorithm"]) == ("ED25519", "RSA")


def _authority(key: Values) -> Values:
    return {
        "private_key_pem": key["private_key_pem"],
        "subject": [{"common_name": "root", "organization": "Example", "country": "ES"}],
        "is_ca_certificate": True,
        "validity_hours": 24,
        "allowed_uses": ["cert_signing", "crl_signing"],
        "ip_addresses": ["10.0.0.1"],
        "set_subject_key_id": True,
    }


def test_a_servers_certificate_is_the_same_each_time() -> None:
    seen = made("tls_certificate", {"url": "https://example.org"}, mode="data")
    assert seen == made("tls_certificate", {"url": "https://example.org"}, mode="data")
    assert len(seen["certificates"][0]["sha1_fingerprint"]) == 40


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="a private key cannot be read"):
        made("tls_cert_request", {"private_key_pem": "not a key", "subject": []})
