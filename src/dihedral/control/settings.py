"""The settings: one class, read once from the environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from dihedral.control import parse
from dihedral.control.entrance import Entrance
from dihedral.control.setting import setting
from dihedral.domain.errors import Invalid
from dihedral.kit.log import Secret

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
ESTIMATORS = ("prices", "infracost")
ENGINES = ("regorus", "opa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Entrance):
    """What the program is told from outside."""

    data: Path = setting(
        Path("."),
        "DIHEDRAL_DATA",
        parse.path,
        "Directory of everything that is kept: the embedded database, the key, caches.",
        "the user's data directory, e.g. `~/.local/share/dihedral`",
    )
    database_url: Secret | None = setting(
        None,
        "DATABASE_URL",
        Secret,
        "A PostgreSQL server, `postgresql://user:password@host:5432/name`.",
        "an embedded one, in the data directory",
    )
    key: Secret | None = setting(
        None,
        "DIHEDRAL_KEY",
        Secret,
        "The master key, which opens the keys that seal state, plans, logs and variables.",
        "the key file's",
    )
    key_file: Path | None = setting(
        None,
        "DIHEDRAL_KEY_FILE",
        parse.path,
        "Where the master key is kept; made at the first start, with mode 0600.",
        "`key` in the data directory",
    )
    self_approval: bool = setting(
        False,
        "DIHEDRAL_SELF_APPROVAL",
        parse.yes_or_no,
        "Whether who proposes a run may approve it, for one who works alone. It is recorded.",
    )
    blueprints: tuple[Path, ...] = setting(
        (),
        "DIHEDRAL_BLUEPRINTS",
        parse.paths,
        "Further directories of blueprints, separated as in PATH.",
    )
    providers: tuple[str, ...] = setting(
        (),
        "DIHEDRAL_PROVIDERS",
        parse.words,
        "Further providers that configurations may use, such as `hashicorp/vault`.",
    )
    terms: Path | None = setting(
        None,
        "DIHEDRAL_TERMS",
        parse.path,
        "A YAML file of terms for workspaces that have none of their own; see docs/terms.md.",
    )
    prices: Path | None = setting(
        None,
        "DIHEDRAL_PRICES",
        parse.path,
        "A price book over the built-in one, as `dihedral prices refresh` writes it.",
        "only the built-in one",
    )
    prices_age: int = setting(
        365,
        "DIHEDRAL_PRICES_AGE",
        parse.between(1, 36500),
        "Days after which a price is flagged as old.",
    )
    estimator: str = setting(
        "prices",
        "DIHEDRAL_ESTIMATOR",
        parse.one_of(*ESTIMATORS),
        "What estimates a plan's cost: prices, the price book; or infracost, that program.",
    )
    rego: str = setting(
        "regorus",
        "DIHEDRAL_REGO",
        parse.one_of(*ENGINES),
        "What evaluates policies: regorus, which comes along; or opa, that program, found on PATH.",
    )
    hosts: tuple[str, ...] = setting(
        (),
        "DIHEDRAL_HOSTS",
        parse.words,
        "Hosts that Terraform may reach for workspaces with a cloud: names, `*.` and a name,"
        " addresses; each with `:PORT` or for 443.",
    )
    unsandboxed: bool = setting(
        False,
        "DIHEDRAL_UNSANDBOXED",
        parse.yes_or_no,
        "Whether people's runs may go without a sandbox where the kernel has none. It is recorded.",
    )
    tools: tuple[Path, ...] = setting(
        (),
        "DIHEDRAL_TOOLS",
        parse.paths,
        "Directories to look for terraform and tofu in, before PATH.",
    )
    worker_concurrency: int = setting(
        2,
        "DIHEDRAL_WORKER_CONCURRENCY",
        parse.between(1, 64),
        "Runs that one worker works on at once, of different workspaces.",
    )
    heartbeat: timedelta = setting(
        timedelta(seconds=5),
        "DIHEDRAL_HEARTBEAT",
        parse.duration,
        "How often a worker says that it lives; after three silences its work is taken over.",
    )
    grace: timedelta = setting(
        timedelta(seconds=30),
        "DIHEDRAL_GRACE",
        parse.duration,
        "How long Terraform may take to end in order when it is interrupted.",
    )
    apply_limit: timedelta = setting(
        timedelta(hours=1),
        "DIHEDRAL_APPLY_LIMIT",
        parse.duration,
        "How long one apply may take in a new workspace.",
    )
    lost_after: timedelta = setting(
        timedelta(minutes=15),
        "DIHEDRAL_LOST_AFTER",
        parse.duration,
        "How long money stays held for a model call whose end nobody told, before it counts as"
        " spent at its worst. A call may take 10 minutes.",
    )
    simulator_home: Path | None = setting(
        None,
        "DIHEDRAL_SIMULATOR_HOME",
        parse.path,
        "Where the simulator keeps the schemas that were added to it.",
        "`simulator` in the data directory",
    )
    max_configuration: int = setting(
        20 << 20,
        "DIHEDRAL_MAX_CONFIGURATION",
        parse.size,
        "The largest configuration that is taken: all its files together.",
    )
    log_format: str = setting(
        "text", "DIHEDRAL_LOG_FORMAT", parse.one_of(*FORMATS), "How the server logs: text or json."
    )
    log_level: str = setting(
        "info",
        "DIHEDRAL_LOG_LEVEL",
        parse.one_of(*LEVELS),
        "What the server logs: debug, info, warning or error.",
    )
    url: str = setting(
        "",
        "DIHEDRAL_URL",
        parse.text,
        "For commands: the server to talk to.",
        "the one that `dihedral up` started for the data directory",
    )
    token: Secret | None = setting(
        None,
        "DIHEDRAL_TOKEN",
        Secret,
        "For commands: the API token that says who asks, where DIHEDRAL_URL names the server.",
        "the one that `dihedral login` has kept",
    )
    ca: Path | None = setting(
        None,
        "DIHEDRAL_CA",
        parse.path,
        "For commands: a file of further CAs to trust, PEM, beside those of the system.",
    )
    actor: str = setting(
        "", "DIHEDRAL_ACTOR", parse.text, "For commands: who you are.", "your user name"
    )
    debug: bool = setting(
        False, "DIHEDRAL_DEBUG", parse.yes_or_no, "For commands: show a traceback when they fail."
    )

    @property
    def key_path(self) -> Path:
        return self.key_file or self.data / "key"

    @property
    def simulator_path(self) -> Path:
        return self.simulator_home or self.data / "simulator"


def from_env(environ: Mapping[str, str], **over: Any) -> Settings:
    """The settings of a process; `over` wins. An empty variable is none. Raises Invalid."""
    known: dict[str, Any] = {"data": data_directory(environ, sys.platform)}
    for f in fields(Settings):
        text = environ.get(f.metadata["env"], "")
        if text:
            try:
                known[f.name] = f.metadata["read"](text)
            except ValueError as cause:
                name = f.metadata["env"]
                shown = "***" if f.metadata["read"] is Secret else repr(text)
                raise Invalid(f"{name} is {shown}, which is not a setting: {cause}") from None
    return Settings(**{**known, **{k: v for k, v in over.items() if v is not None}})


def data_directory(environ: Mapping[str, str], platform: str) -> Path:
    """Where a program of this user keeps its data, by the habits of the platform."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if platform == "darwin":
        return home / "Library" / "Application Support" / "dihedral"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "dihedral"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "dihedral"
