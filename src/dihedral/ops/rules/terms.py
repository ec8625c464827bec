"""The terms on which a workspace takes changes: one document, written by its owners.

Shape   YAML with the sections below, all optional. What a workspace leaves out is the server's
        (`DIHEDRAL_TERMS`), and what that leaves out is the default of the program. Within `tiers`
        and `limits` each name stands alone; any other section counts whole, as it is written.

        guard:    {providers: {hashicorp/aws: {}}, modules: [./modules]}
        network:  {hosts: [sts.amazonaws.com, "*.us-east-1.amazonaws.com"]}
        tiers:    {update: {ruling: allow}, delete: {ruling: ask, approvers: 2}}
        limits:   {share: 0.25, increase: 100, expiry: 72h}
        policy:   {sets: [aws-baseline], settings: {required_tags: [owner]}}
        usage:    {resource_usage: {aws_s3_bucket.logs: {standard: {storage_gb: 500}}}}
        identity: {aws: {plan: arn:aws:iam::1…:role/plan, apply: arn:aws:iam::1…:role/apply}}
        fixed:    [tiers.lost, limits.increase, guard]

        `fixed` names what a layer above lets nobody below make looser: a tier or a limit may then
        only become stricter, any other section stays as it is. It only ever grows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import federation, permits, sections, yamldoc
from dihedral.ops.rules.federation import Identity
from dihedral.ops.rules.guard import GuardRules
from dihedral.ops.rules.limits import Limits, looser, stricter

SECTIONS = ("guard", "network", "tiers", "limits", "policy", "usage", "identity", "fixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`hosts` are names that Terraform may reach, `*.` for all below one; `policies` names policy
    sets, and `settings` is what these read as `data.settings`; `usage` is Infracost's usage file;
    `identity` is whom runs are in clouds (`rules.federation`)."""

    guard: GuardRules = field(default_factory=GuardRules)
    limits: Limits = field(default_factory=Limits)
    hosts: tuple[str, ...] = ()
    policies: tuple[str, ...] = ("aws", "general")
    settings: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    identity: Identity = field(default_factory=dict)
    fixed: tuple[str, ...] = ("tiers.errored",)


@dataclass(frozen=True, slots=True)
class Moved:
    """One term that is another now, by its path. `looser` says that more may pass than before;
    it is None where nobody can tell."""

    path: str
    before: Any
    after: Any
    looser: bool | None


def read(text: str, base: Terms) -> Terms:
    """The terms that hold where a document of `text` stands over `base`.

    What `base` has fixed holds, whatever the document says. Raises Invalid.
    """
    return _held(_said(text, base), base)


def check(text: str, base: Terms) -> Terms:
    """The same for a document that is about to be kept: it may not even ask for what is fixed.

    Raises Invalid.
    """
    said = _said(text, base)
    for path in base.fixed:
        if _path(said, path) != _path(_held(said, base), path):
            raise Invalid(
                f"{path} is fixed for every workspace of this server, and here it would be looser;"
                " leave it out, or make it stricter"
            )
    return _held(said, base)


def document(terms: Terms) -> dict[str, Any]:
    """The whole effective document, as plain data."""
    return {
        "guard": permits.shown(terms.guard),
        "network": {"hosts": list(terms.hosts)},
        "tiers": {name: sections.shown_tier(tier) for name, tier in terms.limits.tiers.items()},
        "limits": sections.shown_limits(terms.limits),
        "policy": {"sets": list(terms.policies), "settings": dict(terms.settings)},
        "usage": dict(terms.usage),
        "identity": {name: dict(said) for name, said in terms.identity.items()},
        "fixed": list(terms.fixed),
    }


def show(terms: Terms) -> str:
    """The whole effective document as YAML; read over any other terms it gives the same ones."""
    return yamldoc.dump(document(terms))


def moved(before: Terms, after: Terms) -> tuple[Moved, ...]:
    """What differs, path by path: for whoever asks who lowered a guard, and when."""
    return tuple(_moved(before, after))


def _moved(before: Terms, after: Terms) -> Iterator[Moved]:
    was, now = document(before), document(after)
    for section in SECTIONS:
        if section in ("tiers", "limits"):
            for name in {**was[section], **now[section]}:
                path = f"{section}.{name}"
                if was[section].get(name) != now[section].get(name):
                    held = _path(_held(after, replace(before, fixed=(path,))), path)
                    loose = held != _path(after, path)
                    yield Moved(path, was[section].get(name), now[section].get(name), loose)
        elif was[section] != now[section]:
            loose = permits.looser(after.guard, before.guard) if section == "guard" else None
            loose = bool(set(after.hosts) - set(before.hosts)) if section == "network" else loose
            if section == "identity":
                loose = federation.looser(after.identity, before.identity)
            yield Moved(section, was[section], now[section], loose)


def _said(text: str, base: Terms) -> Terms:
    found = yamldoc.load(text)
    sections.known(found, SECTIONS, "")
    for name, section in found.items():
        if section is not None:
            base = _READ[name](section, base)
    return base


def _held(said: Terms, base: Terms) -> Terms:
    """`said`, but for what `base` has fixed."""
    for path in base.fixed:
        section, _, name = path.partition(".")
        if section == "tiers":
            old, new = base.limits.tier(name), said.limits.tier(name)
            tiers = {**said.limits.tiers, name: stricter(old, new) if looser(new, old) else new}
            said = replace(said, limits=replace(said.limits, tiers=tiers))
        elif section == "limits":
            least = min(getattr(base.limits, name), getattr(said.limits, name), key=_amount)
            said = replace(said, limits=replace(said.limits, **{name: least}))
        else:
            said = replace(said, **{f: getattr(base, f) for f in _FIELDS[section]})
    return said


def _amount(limit: Any) -> Any:
    return getattr(limit, "amount", limit)


def _path(terms: Terms, path: str) -> Any:
    section, _, name = path.partition(".")
    if section == "tiers":
        return terms.limits.tier(name)
    if section == "limits":
        return getattr(terms.limits, name)
    return tuple(getattr(terms, f) for f in _FIELDS[section])


def _guard(section: Any, base: Terms) -> Terms:
    return replace(base, guard=permits.rules_of(section))


def _network(section: Any, base: Terms) -> Terms:
    sections.known(sections.mapping(section, "network"), ("hosts",), "network")
    return replace(base, hosts=sections.hosts(section.get("hosts"), "network.hosts"))


def _tiers(section: Any, base: Terms) -> Terms:
    return replace(base, limits=sections.tiers(section, base.limits))


def _limits(section: Any, base: Terms) -> Terms:
    return replace(base, limits=sections.limits(section, base.limits))


def _policy(section: Any, base: Terms) -> Terms:
    sections.known(sections.mapping(section, "policy"), ("sets", "settings"), "policy")
    named = sections.words(section.get("sets"), "policy.sets")
    settings = sections.mapping(section.get("settings") or {}, "policy.settings")
    return replace(base, policies=named, settings=settings)


def _usage(section: Any, base: Terms) -> Terms:
    return replace(base, usage=sections.mapping(section, "usage"))


def _identity(section: Any, base: Terms) -> Terms:
    return replace(base, identity=federation.read(section))


def _fixed(section: Any, base: Terms) -> Terms:
    paths = [f"tiers.{name}" for name in base.limits.tiers]
    paths += [f"limits.{name}" for name in sections.LIMITS]
    paths += [name for name in SECTIONS if name not in ("tiers", "limits", "fixed")]
    found = sections.words(section, "fixed")
    for path in found:
        sections.known([path], paths, "fixed")
    return replace(base, fixed=tuple(dict.fromkeys((*base.fixed, *found))))


_READ: Mapping[str, Callable[[Any, Terms], Terms]] = {
    "guard": _guard,
    "network": _network,
    "tiers": _tiers,
    "limits": _limits,
    "policy": _policy,
    "usage": _usage,
    "identity": _identity,
    "fixed": _fixed,
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "guard": ("guard",),
    "network": ("hosts",),
    "policy": ("policies", "settings"),
    "usage": ("usage",),
    "identity": ("identity",),
}
