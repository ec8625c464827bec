"""What providers of Terraform read to exchange our token for a cloud's own: variables, files.

Source  AWS SDKs and Tools Reference Guide, "Assume role with web identity": AWS_ROLE_ARN,
        AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_SESSION_NAME, which the SDK of the provider reads.
        google.aip.dev/auth/4117: the `external_account` file; it is named by
        GOOGLE_APPLICATION_CREDENTIALS.
        hashicorp/azurerm, "Authenticating using … OpenID Connect": ARM_USE_OIDC,
        ARM_OIDC_TOKEN_FILE_PATH, ARM_CLIENT_ID, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID.
        hashicorp/vault, `auth_login_jwt`: TERRAFORM_VAULT_AUTH_JWT, VAULT_ADDR, VAULT_NAMESPACE.
        hashicorp/kubernetes and helm: KUBE_CONFIG_PATH; client-go reads a `tokenFile` again while
        it runs, which it does not with KUBE_TOKEN.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from dihedral.domain.errors import Invalid
from dihedral.ops.rules.federation import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What one cloud wants. `tokens` names variables whose value is the token itself; those who
    read it from a file find it at `token`, which `env` and `files` say. `files` are by their path.
    """

    cloud: str
    audience: str
    token: str
    env: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self.env, *self.tokens))


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` is where the token `token` is; `session` names the step to the cloud."""

    folder: str
    token: str
    session: str


# credentials that would count in the place of the identity, or beside it
_STORED: Mapping[str, tuple[str, ...]] = {
    "aws": (
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ),
    "google": (
        "GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CLOUD_KEYFILE_JSON",
        "GCLOUD_KEYFILE_JSON", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    ),
    "azure": (
        "ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH", "ARM_CLIENT_CERTIFICATE",
        "ARM_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PASSWORD", "ARM_OIDC_TOKEN",
        "ARM_CLIENT_ID_FILE_PATH", "ARM_OIDC_REQUEST_TOKEN", "ARM_OIDC_REQUEST_URL", "ARM_USE_MSI",
    ),
    "vault": ("VAULT_TOKEN", "VAULT_TOKEN_FILE"),
    "kubernetes": (
        "KUBE_TOKEN", "KUBE_USER", "KUBE_PASSWORD", "KUBE_HOST", "KUBE_CONFIG_PATHS",
        "KUBE_CLIENT_CERT_DATA", "KUBE_CLIENT_KEY_DATA", "KUBECONFIG",
    ),
}  # fmt: skip


def wants(identity: Identity, phase: str, folder: str, session: str) -> tuple[Wants, ...]:
    """What a step of that phase is given; `folder` is where its files are while it lasts."""
    return tuple(
        _WANTS[name](said, phase, Place(folder, f"{folder}/{name}.jwt", session))
        for name, said in identity.items()
    )


def demand_alone(wanted: Collection[Wants], stored: Collection[str]) -> None:
    """Raises Invalid where a workspace stores as a variable what its identity is there for: nobody
    could tell which of the two a provider takes."""
    for one in wanted:
        both = sorted((one.names | set(_STORED[one.cloud])) & set(stored))
        if both:
            raise Invalid(
                f"the workspace has an identity for {one.cloud} and stores {', '.join(both)}, too:"
                f" unset the variable, or leave identity.{one.cloud} out of its terms"
            )


def _aws(said: Mapping[str, str], phase: str, place: Place) -> Wants:
    return Wants(
        cloud="aws",
        audience=said["audience"],
        token=place.token,
        env={
            "AWS_ROLE_ARN": said[phase],
            "AWS_WEB_IDENTITY_TOKEN_FILE": place.token,
            "AWS_ROLE_SESSION_NAME": place.session[:64],
        },
    )


def _google(said: Mapping[str, str], phase: str, place: Place) -> Wants:
    path = f"{place.folder}/google.json"
    accounts = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
    document = {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{said['provider']}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": f"{accounts}/{said[phase]}:generateAccessToken",
        "credential_source": {"file": place.token, "format": {"type": "text"}},
    }
    return Wants(
        cloud="google",
        audience=said["audience"],
        token=place.token,
        env={"GOOGLE_APPLICATION_CREDENTIALS": path},
        files={path: json.dumps(document)},
    )


def _azure(said: Mapping[str, str], phase: str, place: Place) -> Wants:
    return Wants(
        cloud="azure",
        audience=said["audience"],
        token=place.token,
        env={
            "ARM_USE_OIDC": "true",
            "ARM_OIDC_TOKEN_FILE_PATH": place.token,
            "ARM_CLIENT_ID": said[phase],
            "ARM_TENANT_ID": said["tenant"],
            "ARM_SUBSCRIPTION_ID": said["subscription"],
        },
    )


def _vault(said: Mapping[str, str], _: str, place: Place) -> Wants:
    namespace = {"VAULT_NAMESPACE": said["namespace"]} if "namespace" in said else {}
    return Wants(
        cloud="vault",
        audience=said["audience"],
        token=place.token,
        env={"VAULT_ADDR": said["address"], **namespace},
        tokens=("TERRAFORM_VAULT_AUTH_JWT",),
    )


def _kubernetes(said: Mapping[str, str], _: str, place: Place) -> Wants:
    path = f"{place.folder}/kubeconfig"
    return Wants(
        cloud="kubernetes",
        audience=said["audience"],
        token=place.token,
        env={"KUBE_CONFIG_PATH": path},
        files={path: json.dumps(dict(_kubeconfig(said, place.token)))},
    )


def _kubeconfig(said: Mapping[str, str], token: str) -> Iterator[tuple[str, object]]:
    """As client-go reads it; JSON is YAML."""
    name = "dihedral"
    trusted = said.get("certificate")
    cluster = {"server": said["host"]}
    yield "apiVersion", "v1"
    yield "kind", "Config"
    yield "current-context", name
    cluster |= {"certificate-authority-data": trusted} if trusted else {}
    yield "clusters", [{"name": name, "cluster": cluster}]
    yield "users", [{"name": name, "user": {"tokenFile": token}}]
    yield "contexts", [{"name": name, "context": {"cluster": name, "user": name}}]


_WANTS: Mapping[str, Callable[[Mapping[str, str], str, Place], Wants]] = {
    "aws": _aws,
    "google": _google,
    "azure": _azure,
    "vault": _vault,
    "kubernetes": _kubernetes,
}
