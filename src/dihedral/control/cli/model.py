"""`dihedral model …`: which models there are, who serves them, what they cost, how they do."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here, modelview
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson

app = here.group("Models: names that agents ask for, and the endpoints that serve them.")

PATIENT = 400.0  # seconds that a trial may take: a small machine loads a large file first

Key = Annotated[str, typer.Argument(metavar="MODEL", help="Its name, or an endpoint's id.")]
Wire = Annotated[
    str | None, typer.Option(help="openai, anthropic, bedrock, google, local or scripted.")
]
Url = Annotated[str | None, typer.Option(help="Where; else the wire's own. A file, if local.")]
Upstream = Annotated[str | None, typer.Option(help="What its provider calls the model.")]
Hosting = Annotated[str | None, typer.Option(help="api, cluster, dedicated or edge.")]
Price = Annotated[
    str | None,
    typer.Option(metavar="IN/OUT", help="Dollars per million tokens, or `free`, or `unknown`."),
]
Cached = Annotated[str | None, typer.Option(help="Of input that the provider had; with --price.")]
Context = Annotated[int | None, typer.Option(help="Tokens that a call and its answer have.")]
Most = Annotated[int | None, typer.Option(help="Tokens of one answer, at most.")]
Can = Annotated[
    str | None, typer.Option(metavar="ABILITIES", help="tools,schema,reasoning,streaming")
]
DataClass = Annotated[
    str | None,
    typer.Option("--data", help="public, internal, confidential or restricted at most."),
]
Region = Annotated[str | None, typer.Option(help="Such as eu-central-1.")]
Concurrency = Annotated[int | None, typer.Option(help="Calls at once, from each process.")]
Score = Annotated[float | None, typer.Option(help="How good it is, 0 to 1, as you measured.")]
Hedge = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="off, p95 or a time such as 2s: silence after which another endpoint is asked too.",
    ),
]
FromEnv = Annotated[
    str | None,
    typer.Option("--secret-from-env", metavar="NAME", help="A variable that has the credential."),
]
FromFile = Annotated[
    Path | None,
    typer.Option("--secret-file", metavar="FILE", help="A file that has it; - is stdin."),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="http:// also to a public address.")]


@app.command("list", epilog="Example: dihedral model list")
def page(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="Only this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Models, their endpoints, and how these do."""
    from dihedral.control.cli import screen

    text = here.client().get("models", *([model] if model else []))
    if as_json:
        return screen.raw(text)
    found = json.loads(text)["items"]
    if not found:
        return screen.say(
            "no models; with Ollama beside you: dihedral model add small --wire openai"
            " --url http://127.0.0.1:11434/v1 --upstream granite4:3b --price free"
        )
    if model:
        for one in found:
            modelview.show(one)
        return None
    heads = ("model", "endpoint", "wire", "upstream", "in/out per 1M", "first token", "state")
    screen.table(heads, [modelview.row(one) for one in found], last="cut")
    return None


@app.command(
    "add",
    epilog="Example: dihedral model add small --wire openai --url http://127.0.0.1:11434/v1"
    " --upstream granite4:3b --price free --can tools,schema",
)
def add(  # noqa: PLR0913 (an option each)
    name: Annotated[str, typer.Argument(metavar="NAME", help="What agents ask for.")],
    wire: Annotated[str, typer.Option(help="openai, anthropic, bedrock, google, local.")],
    upstream: Annotated[str, typer.Option(help="What its provider calls the model.")],
    url: Url = None,
    hosting: Hosting = None,
    price: Price = None,
    cached: Cached = None,
    context: Context = None,
    most: Most = None,
    can: Can = None,
    data: DataClass = None,
    region: Region = None,
    concurrency: Concurrency = None,
    score: Score = None,
    hedge: Hedge = None,
    secret_from_env: FromEnv = None,
    secret_file: FromFile = None,
    insecure: Insecure = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Add an endpoint to a model. Of what is sold, price and limits are known already."""
    from dihedral.control.cli import screen

    asked = _given(
        model=name, wire=wire, upstream=upstream, url=url, hosting=hosting, context=context,
        most=most, abilities=_words(can), data=data, region=region, concurrency=concurrency,
        score=score, hedge=hedge, secret=_secret(secret_from_env, secret_file),
        insecure=insecure or None,
    )  # fmt: skip
    text = here.client(as_).post("models", body={**asked, **_price(price, cached)})
    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    modelview.show(made)
    if made["price"] is None:
        screen.note("its price is not known: say it, or `free` (`dihedral model set … --price`)")
    return screen.note(f"try it: dihedral model test {made['id']}")


@app.command("set", epilog="Example: dihedral model set small --can tools,schema --data restricted")
def change(  # noqa: PLR0913 (an option each)
    model: Key,
    wire: Wire = None,
    upstream: Upstream = None,
    url: Url = None,
    hosting: Hosting = None,
    price: Price = None,
    cached: Cached = None,
    context: Context = None,
    most: Most = None,
    can: Can = None,
    data: DataClass = None,
    region: Region = None,
    concurrency: Concurrency = None,
    score: Score = None,
    hedge: Hedge = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is asked.")] = None,
    secret_from_env: FromEnv = None,
    secret_file: FromFile = None,
    no_secret: Annotated[bool, typer.Option("--no-secret", help="Forget its credential.")] = False,
    insecure: Insecure = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Change an endpoint; what is not named stays. It counts within seconds, everywhere."""
    from dihedral.control.cli import screen

    secret = "" if no_secret else _secret(secret_from_env, secret_file)
    asked = _given(
        wire=wire, upstream=upstream, url=url, hosting=hosting, context=context, most=most,
        abilities=_words(can), data=data, region=region, concurrency=concurrency, score=score,
        hedge=hedge, enabled=on, secret=secret, insecure=insecure or None,
    )  # fmt: skip
    text = here.client(as_).patch("models", model, body={**asked, **_price(price, cached)})
    return screen.raw(text) if as_json else modelview.show(json.loads(text))


@app.command("remove", epilog="Example: dihedral model remove ep-k3v9mq2x")
def remove(model: Key, as_: As = "") -> None:
    """Remove an endpoint, and its credential."""
    from dihedral.control.cli import screen

    here.client(as_).delete("models", model)
    screen.say(f"{model} is removed")


@app.command("test", epilog="Example: dihedral model test small")
def test(model: Key, as_: As = "", as_json: AsJson = False) -> None:
    """Ask an endpoint for real, with three tiny calls: how fast it is, and what it can."""
    from dihedral.control.cli import screen

    screen.note("asking; a machine of your own may load the model first, which takes its time")
    path = ("models", model, "test")
    text = here.client(as_).call("POST", path, {}, patience=PATIENT)
    trial = json.loads(text)
    screen.raw(text) if as_json else modelview.tried(trial)
    if trial["fault"]:
        raise Failure("" if as_json else f"it does not answer: {trial['fault']}")


@app.command("prices", epilog="Example: dihedral model prices sonnet")
def prices(
    find: Annotated[str, typer.Argument(metavar="WORD", help="A part of the name.")] = "",
    as_json: AsJson = False,
) -> None:
    """What models cost that somebody sells, per million tokens, and as of when."""
    from dihedral.control.cli import screen

    text = here.client().get("model-prices", find=find)
    if as_json:
        return screen.raw(text)
    rows = [
        (one["seller"], one["name"], modelview.money(one["price"]), one["price"]["cached"] or "",
         f"{one['context']:,}", modelview.age(one["price"]), ", ".join(one["abilities"]))
        for one in json.loads(text)["items"]
    ]  # fmt: skip
    if not rows:
        return screen.say(f"nobody is known to sell a model {find!r}")
    heads = ("seller", "model", "in/out", "cached", "context", "as of", "can")
    return screen.table(heads, rows, last="cut")


def _secret(env: str | None, file: Path | None) -> str | None:
    """Never from the command's own words, which others on the machine can read."""
    import os
    import sys

    if env and file:
        raise Failure("say where the credential is once: --secret-from-env or --secret-file", USAGE)
    if env:
        if not (found := os.environ.get(env, "")):
            raise Failure(f"the variable {env} is not set, or empty", USAGE)
        return found
    if file is None:
        return None
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise Failure(f"{file} cannot be read: {cause}", USAGE) from cause
    return text.strip()


def _price(said: str | None, cached: str | None) -> dict[str, Any]:
    if said is None:
        if cached is not None:
            raise Failure("--cached goes with --price IN/OUT", USAGE)
        return {}
    if said == "unknown":
        return {"price": None}
    given, _, output = ("0/0" if said == "free" else said).partition("/")
    if not given or not output:
        raise Failure(f"a price is such as 3/15, `free` or `unknown`, not {said!r}", USAGE)
    return {"price": _given(input=given, output=output, cached=cached)}


def _words(said: str | None) -> list[str] | None:
    return None if said is None else said.replace(",", " ").split()


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
