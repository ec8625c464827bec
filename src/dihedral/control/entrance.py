"""Those of the settings that say how the server is reached, and who comes in."""

from dataclasses import dataclass
from pathlib import Path

from dihedral.control import parse
from dihedral.control.setting import setting
from dihedral.domain.right import Role, Where
from dihedral.kit.log import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A part of `Settings`, which is read as one."""

    host: str = setting(
        "127.0.0.1",
        "DIHEDRAL_HOST",
        parse.text,
        "Address to listen on. One that others reach takes TLS, or a proxy that is named.",
    )
    port: int = setting(
        7370,
        "DIHEDRAL_PORT",
        parse.between(0, 65535),
        "Port to listen on; 0 takes any that is free.",
    )
    public_url: str = setting(
        "",
        "DIHEDRAL_PUBLIC_URL",
        parse.url,
        "The URL by which people and clouds reach this server: `https://dihedral.example`.",
        "the loopback address that it listens on",
    )
    tls_cert: Path | None = setting(
        None,
        "DIHEDRAL_TLS_CERT",
        parse.path,
        "The server's certificate and those between it and the CA, PEM. A renewed file is taken up"
        " by itself.",
    )
    tls_key: Path | None = setting(
        None,
        "DIHEDRAL_TLS_KEY",
        parse.path,
        "The certificate's private key, PEM without a password, read by nobody else (mode 0600).",
    )
    proxies: tuple[parse.Network, ...] = setting(
        (),
        "DIHEDRAL_TRUSTED_PROXIES",
        parse.networks,
        "Addresses and networks of the proxies before this server, which have TLS and write"
        " `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded`; see docs/edges.md.",
    )
    rate: int = setting(
        1200,
        "DIHEDRAL_RATE",
        parse.between(1, 1_000_000),
        "Calls a minute that one actor may make where others reach the server.",
    )
    rate_strangers: int = setting(
        30,
        "DIHEDRAL_RATE_STRANGERS",
        parse.between(1, 1_000_000),
        "Calls a minute without a valid login that one address may make there.",
    )
    oidc_issuer: str = setting(
        "",
        "DIHEDRAL_OIDC_ISSUER",
        parse.issuer,
        "Who logs people in, by OpenID Connect: its issuer URL; see docs/people.md.",
    )
    oidc_client_id: str = setting("", "DIHEDRAL_OIDC_CLIENT_ID", parse.text, "Our name there.")
    oidc_client_secret: Secret | None = setting(
        None,
        "DIHEDRAL_OIDC_CLIENT_SECRET",
        Secret,
        "Our secret there; a public client has none.",
    )
    oidc_scopes: tuple[str, ...] = setting(
        ("openid", "profile", "email"),
        "DIHEDRAL_OIDC_SCOPES",
        parse.words,
        "What is asked of it.",
    )
    oidc_groups_claim: str = setting(
        "groups",
        "DIHEDRAL_OIDC_GROUPS_CLAIM",
        parse.text,
        "The claim of its ID tokens that names a person's groups.",
    )
    oidc_groups: tuple[tuple[str, Role, Where], ...] = setting(
        (),
        "DIHEDRAL_OIDC_GROUPS",
        parse.groups,
        "Which group gives which role: `platform=administrator, web=operator@project:web,"
        " ops=approver@workspace:orders`. Renewed at each login.",
    )
    issuer: str = setting(
        "",
        "DIHEDRAL_ISSUER",
        parse.url,
        "The issuer that tokens name, where their keys are published elsewhere; see"
        " docs/identity.md.",
        "the public URL",
    )

    @property
    def base(self) -> str:
        """The URL that leads here: the public one, or that of this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.tls_cert else "http"
        return self.public_url or f"{scheme}://{host}:{self.port}"
