"""The provider `tls`: keys and certificates that other programs accept.

An RSA key is new each time it is made (the state keeps it); elliptic keys follow from the seed.
`cryptography` is imported when the first key is asked for: it costs a tenth of a second.
"""

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dihedral.simulator.utility.signing import Key

Values = dict[str, Any]


def private_key(mode: str, planned: Values, seed: bytes) -> Values:
    from dihedral.simulator.utility import signing

    key = signing.made(planned["algorithm"], planned["ecdsa_curve"], int(planned["rsa_bits"]), seed)
    return signing.private_forms(key) | _public(key)


def public_key(mode: str, planned: Values, seed: bytes) -> Values:
    from dihedral.simulator.utility import signing

    given = planned.get("private_key_pem") or planned.get("private_key_openssh")
    key = signing.loaded(str(given))
    return _public(key) | {"algorithm": signing.algorithm(key)}


def request(mode: str, planned: Values, seed: bytes) -> Values:
    from dihedral.simulator.utility import signing

    key = signing.loaded(planned["private_key_pem"])
    pem = signing.requested(key, planned)
    return {"cert_request_pem": pem, "key_algorithm": signing.algorithm(key), "id": _digest(pem)}


def self_signed(mode: str, planned: Values, seed: bytes) -> Values:
    from dihedral.simulator.utility import signing

    key = signing.loaded(planned["private_key_pem"])
    made = signing.self_signed(key, planned, seed)
    return made | {"key_algorithm": signing.algorithm(key), "ready_for_renewal": False}


def locally_signed(mode: str, planned: Values, seed: bytes) -> Values:
    from dihedral.simulator.utility import signing

    key = signing.loaded(planned["ca_private_key_pem"])
    made = signing.locally_signed(key, planned, seed)
    return made | {"ca_key_algorithm": signing.algorithm(key), "ready_for_renewal": False}


def seen_certificate(mode: str, planned: Values, seed: bytes) -> Values:
    """What a server shows is not known: a certificate made from the seed stands for it."""
    from dihedral.simulator.utility import signing

    content = planned.get("content")
    shown = content if isinstance(content, str) else signing.stand_in(str(planned["url"]), seed)
    described = [signing.described(one) for one in signing.certificates(shown)]
    return {"certificates": described, "id": _digest(shown)}


def _public(key: "Key") -> Values:
    from dihedral.simulator.utility import signing

    forms = signing.public_forms(key)
    return forms | {"id": _digest(forms["public_key_pem"])}


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
