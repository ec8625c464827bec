"""With whom the runs of a workspace have an identity: the section `identity` of its terms.

Shape   a mapping for each cloud, of texts. `plan` and `apply` are what a run of that phase becomes
        there: an AWS role, a Google service account, an Azure client. What Vault and Kubernetes
        let a phase do is theirs to say, by the subject of its token.

        aws:        {plan: ARN, apply: ARN, audience: sts.amazonaws.com}
        google:     {provider: projects/1/…, plan: ACCOUNT, apply: ACCOUNT}
        azure:      {tenant: UUID, subscription: UUID, plan: UUID, apply: UUID}
        vault:      {address: https://vault.example}
        kubernetes: {host: https://k8s.example:6443, certificate: BASE64}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dihedral.ops.rules import sections

Identity = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """`wanted` says what fits `pattern`. A field without a `default` must be there; one whose
    default is empty may be left out."""

    pattern: re.Pattern[str]
    wanted: str
    default: str | None = None


_ARN = Field(
    re.compile(r"arn:aws[a-z-]{0,20}:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII),
    "the ARN of a role, such as arn:aws:iam::123456789012:role/plan",
)
_ACCOUNT = Field(
    re.compile(r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com"),
    "a service account, such as plan@project.iam.gserviceaccount.com",
)
_UUID = Field(
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "an id such as 00000000-0000-0000-0000-000000000000, in lower case",
)
_PROVIDER = Field(
    re.compile(
        r"projects/\d{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}"
        r"/providers/[a-z0-9-]{4,32}"
    ),
    "such as projects/1/locations/global/workloadIdentityPools/pool/providers/dihedral",
)
_URL = Field(
    re.compile(r"https://[a-z0-9.-]{1,253}(:\d{1,5})?(/[A-Za-z0-9._~/-]{0,200})?"),
    "an address that begins with https://",
)
_NAMESPACE = Field(re.compile(r"[\w./-]{1,200}", re.ASCII), "a namespace's path", "")
_CERTIFICATE = Field(
    re.compile(r"[A-Za-z0-9+/]{4,40000}={0,2}"), "the base64 of a certificate's PEM", ""
)


def _audience(default: str) -> Field:
    return Field(re.compile(r"[\x21-\x7e]{1,300}"), "a word", default)


CLOUDS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        "aws": {"plan": _ARN, "apply": _ARN, "audience": _audience("sts.amazonaws.com")},
        "google": {
            "provider": _PROVIDER,
            "plan": _ACCOUNT,
            "apply": _ACCOUNT,
            "audience": _audience(""),
        },
        "azure": {
            "tenant": _UUID,
            "subscription": _UUID,
            "plan": _UUID,
            "apply": _UUID,
            "audience": _audience("api://AzureADTokenExchange"),
        },
        "vault": {
            "address": _URL,
            "namespace": _NAMESPACE,
            "audience": _audience("vault.workload.identity"),
        },
        "kubernetes": {
            "host": _URL,
            "certificate": _CERTIFICATE,
            "audience": _audience("kubernetes"),
        },
    }
)


def read(value: Any) -> Identity:
    """Raises Invalid, naming the place."""
    sections.known(sections.mapping(value, "identity"), CLOUDS, "identity")
    return {name: _cloud(name, value[name]) for name in CLOUDS if name in value}


def looser(after: Identity, before: Identity) -> bool | None:
    """Whether runs may now be somebody whom they could not be; None where nobody can tell."""
    if set(after) - set(before):
        return True
    return False if all(before[name] == after[name] for name in after) else None


def _cloud(name: str, value: Any) -> Mapping[str, str]:
    path, fields = f"identity.{name}", CLOUDS[name]
    sections.known(sections.mapping(value, path), fields, path)
    said = {key: _text(value.get(key), field, f"{path}.{key}") for key, field in fields.items()}
    if name == "google" and not said["audience"]:
        said["audience"] = f"https://iam.googleapis.com/{said['provider']}"
    return {key: text for key, text in said.items() if text}


def _text(value: Any, field: Field, path: str) -> str:
    if value is None and field.default is not None:
        return field.default
    if not isinstance(value, str) or not field.pattern.fullmatch(value):
        raise sections.wrong(path, value, field.wanted)
    return value
