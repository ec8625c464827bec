"""The simulator's command line."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dihedral.simulator.home import Home, default, full

Verb = argparse.ArgumentParser

SAYS = "It shows what Terraform would plan, not what a cloud would accept."


def run(words: list[str]) -> int:
    """Runs one command; 0, or 1 with a message on stderr."""
    asked = _parser().parse_args(words)
    home = default(asked.home, os.environ)
    command: Callable[[argparse.Namespace, Home], int] = asked.run
    try:
        return command(asked, home)
    except (ValueError, LookupError, OSError) as cause:
        text = cause.args[0] if isinstance(cause, LookupError) else cause
        print(f"dihedral.simulator: {text}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dihedral.simulator",
        description=f"Serves the schema of any Terraform provider to the real Terraform. {SAYS}",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--home", help="where providers are kept (DIHEDRAL_SIMULATOR_HOME)")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, command: Callable[[argparse.Namespace, Home], int], text: str) -> Verb:
        made = verbs.add_parser(name, parents=[shared], help=text, description=f"{text} {SAYS}")
        made.set_defaults(run=command)
        return made

    verb("install", _install, "Write a mirror and terraform.rc.").add_argument("directory")
    verb("serve", _serve, "Keep running; talk JSON lines on stdin and stdout.")
    added = verb("add", _add, "Add providers from a schema file, or one by its address.")
    added.add_argument("what", help="SCHEMA.json, or an address as hashicorp/aws")
    added.add_argument("--version", default="", help="the version that the schema is of")
    added.add_argument("--facts", help="a JSON file of facts that the schema leaves out")
    held = verb("verify", _verify, "Hold what came along against your own schema file.")
    held.add_argument("schema", help="the output of `terraform providers schema -json`")
    verb("remove", _remove, "Forget an added provider.").add_argument("address")
    verb("list", _list, "Show what is known, and how well.").add_argument(
        "--json", action="store_true"
    )
    provided = verb("provide", _provide, "Be one provider (Terraform runs this).")
    provided.add_argument("address")
    return parser


def _install(asked: argparse.Namespace, home: Home) -> int:
    from dihedral.simulator.install import install

    print(install(home, Path(asked.directory)))
    return 0


def _serve(asked: argparse.Namespace, home: Home) -> int:
    from dihedral.simulator.host import Host
    from dihedral.simulator.serve import converse

    for address in home.known():
        home.store(address)  # built now where it must be, so that no opening waits
    print(f"dihedral.simulator: ready. {SAYS}", file=sys.stderr)
    converse(sys.stdin, sys.stdout, Host(home))
    return 0


def _add(asked: argparse.Namespace, home: Home) -> int:
    from dihedral.simulator.intake import add, fetch

    path = Path(asked.what)
    if path.is_file():
        schema = path.read_bytes()
    elif path.suffix or path.is_absolute():
        raise ValueError(f"{path} is not there, and no provider's address either")
    else:
        schema = fetch(full(asked.what), asked.version, os.environ)
    facts = Path(asked.facts).read_bytes() if asked.facts else b"{}"
    for address in add(home, schema, facts, asked.version or "99.0.0"):
        print(f"added {address} ({_summary(home, address)})")
    return 0


def _verify(asked: argparse.Namespace, home: Home) -> int:
    from dihedral.simulator.verify import verify

    found = list(verify(Path(asked.schema).read_bytes()))
    print("\n".join([*found, f"{len(found)} differences"]))
    return 1 if found else 0


def _remove(asked: argparse.Namespace, home: Home) -> int:
    home.remove(full(asked.address))
    print(f"removed {full(asked.address)}")
    return 0


def _list(asked: argparse.Namespace, home: Home) -> int:
    known = {address: _counts(home, address) for address in home.known()}
    if asked.json:
        about = home.known()
        rows = [
            {"address": a, "version": about[a].version, "added": about[a].added, **c}
            for a, c in known.items()
        ]
        print(json.dumps(rows, indent=2))
        return 0
    for address in known:
        print(f"{address} {home.about(address).version}: {_summary(home, address)}")
    print(SAYS)
    return 0


def _counts(home: Home, address: str) -> dict[str, dict[str, int]]:
    from dihedral.simulator.home import levels

    out: dict[str, Counter[str]] = {"resources": Counter(), "data": Counter()}
    for kind, _, level in levels(home.store(address)):
        out["resources" if kind == "resource" else "data"][level] += 1
    return {name: dict(counts) for name, counts in out.items()}


def _summary(home: Home, address: str) -> str:
    counts = _counts(home, address)
    found = [f"{n} {level}" for level, n in sorted(counts["resources"].items())]
    return f"resource types: {', '.join(found) or 'none'}; data: {sum(counts['data'].values())}"


def _provide(asked: argparse.Namespace, home: Home) -> int:
    from dihedral.simulator.provide import provide

    return provide(home, full(asked.address), os.environ)
