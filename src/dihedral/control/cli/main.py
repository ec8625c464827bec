"""The command `dihedral`: noun, verb, id, as in the API's paths.

Exit status  0 done · 1 a fault · 2 not understood · 3 refused, by a gate or a person
             `guard`, `inspect` and `policy check`: 0 allow · 3 ask · 4 deny
"""

import os
import sys
from collections.abc import Callable, Mapping

import typer

from dihedral.control.cli import (
    account,
    agent,
    agentfile,
    approval,
    ask,
    audit,
    blueprint,
    budget,
    chat,
    conversation,
    demo,
    doctor,
    escalation,
    evidence,
    explain,
    gates,
    grant,
    identity,
    key,
    lesson,
    model,
    own,
    people,
    policy,
    policyset,
    prices,
    proposing,
    reflex,
    repo,
    run,
    serve,
    spend,
    state,
    tenancy,
    terms,
    workspace,
)
from dihedral.control.cli.failure import REFUSED, Failure
from dihedral.domain.errors import Fault, Forbidden
from dihedral.kit import garbage

app = typer.Typer(
    help="The place where an agent's intention becomes a reviewed change.",
    epilog='Begin with `dihedral up`, then `dihedral ask "a private bucket for reports"`.',
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# fmt: off
VERBS: Mapping[str, tuple[Callable[..., None], str]] = {
    "up": (serve.up, "dihedral up --port 0"),
    "ask": (ask.ask, "dihedral ask 'a private bucket for reports' --set owner=web"),
    "chat": (chat.chat, "dihedral chat -w orders"),
    "plan": (proposing.plan, "dihedral plan ./infra --workspace orders"),
    "apply": (proposing.apply, "dihedral apply ./infra -m 'room for the spring sale'"),
    "login": (account.login, "dihedral login --url https://dihedral.example"),
    "logout": (account.logout, "dihedral logout"),
    "whoami": (account.whoami, "dihedral whoami --json"),
    "explain": (explain.explain, "dihedral explain run-k3v9mq2x"),
    "demo": (demo.demo, "dihedral demo --yes"),
    "guard": (gates.guard, "dihedral guard ./infra --before ./applied"),
    "inspect": (gates.inspect, "dihedral inspect plan.json --usage usage.yml --json"),
    "spend": (spend.spend, "dihedral spend --by agent --since 7d"),
    "output": (state.output, "dihedral output orders queue_url"),
    "worker": (serve.work, "DATABASE_URL=postgresql://… dihedral worker"),
    "doctor": (doctor.doctor, "dihedral doctor --json"),
    "settings": (own.settings, "DIHEDRAL_PORT=8000 dihedral settings"),
    "version": (own.version, "dihedral version"),
}
NOUNS = {
    "run": run.app, "approval": approval.app, "workspace": workspace.app, "state": state.app,
    "conversation": conversation.app, "blueprint": blueprint.app, "reflex": reflex.app,
    "policy": policy.app, "prices": prices.app, "audit": audit.app, "evidence": evidence.app,
    "key": key.app, "identity": identity.app, "agent": agent.app, "person": people.app,
    "grant": grant.app, "token": account.tokens, "session": account.sessions, "repo": repo.app,
    "project": tenancy.projects, "organization": tenancy.organizations, "model": model.app,
    "budget": budget.app, "escalation": escalation.app,
}
# fmt: on
for _name, (_verb, _example) in VERBS.items():
    app.command(_name, epilog=f"Example: {_example}")(_verb)
for _name, _noun in NOUNS.items():
    app.add_typer(_noun, name=_name)
reflex.app.command("show", epilog="Example: dihedral reflex show")(lesson.show)
reflex.app.command("teach", epilog="Example: dihedral reflex teach req-k3v9mq2x queue")(
    lesson.teach
)
workspace.app.command("terms", epilog="Example: dihedral workspace terms orders --set terms.yaml")(
    terms.terms
)
for _word, _command, _example in (
    ("set", policyset.put, "dihedral policy set baseline ./policy --global"),
    ("place", policyset.move, "dihedral policy place baseline --workspace orders"),
    ("list", policyset.page, "dihedral policy list"),
    ("show", policyset.show, "dihedral policy show baseline"),
    ("remove", policyset.remove, "dihedral policy remove baseline"),
):
    policy.app.command(_word, epilog=f"Example: {_example}")(_command)
for _word, _with_files, _example in (
    ("apply", agentfile.apply, "dihedral agent apply -f ./agents --yes"),
    ("history", agentfile.history, "dihedral agent history drafter"),
    ("rollback", agentfile.rollback, "dihedral agent rollback drafter 2"),
):
    agent.app.command(_word, epilog=f"Example: {_example}")(_with_files)
app.command(
    "simulator",
    epilog="Example: dihedral simulator add schema.json",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(own.simulator)


def main() -> None:
    garbage.seldom()
    try:
        app()
    except Failure as failure:
        _end(str(failure), failure.status)
    except Fault as fault:
        _end(str(fault), REFUSED if isinstance(fault, Forbidden) else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except Exception as error:
        if os.environ.get("DIHEDRAL_DEBUG", "0") not in ("", "0"):
            raise
        said = f"{type(error).__name__}: {error}"
        _end(f"this is a fault of Dihedral's own: {said}; DIHEDRAL_DEBUG=1 shows where", 1)


def _end(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(status)
