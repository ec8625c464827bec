"""`dihedral reflex`: a classifier of short texts that says when it is not sure. Needs no server."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dihedral.domain.errors import Fault, Invalid

app = typer.Typer(
    help="Fit, measure and ask a classifier of short texts that says when it is not sure.",
    no_args_is_help=True,
)

FAULT, USAGE = 1, 2

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command(epilog="Example: dihedral reflex fit train.csv --out intents.reflex")
def fit(
    train: Annotated[Path, typer.Argument(help="CSV with the columns text,label.")],
    out: Annotated[Path, typer.Option(help="Where to write the model.")],
    precision: Annotated[float, typer.Option(help="The share of answers to be right.")] = 0.97,
    as_json: Json = False,
) -> None:
    """Learn from examples. A row with an empty label is an example of what to refuse."""
    from dihedral.model.work import reflex

    with _told(), _spinning(f"Learning {train} and checking what it learned"):
        report = reflex.fit_file(train, out, precision)
    if as_json:
        _print_json(asdict(report) | {"model": str(out)})
        return
    checked = report.checked
    typer.echo(
        f"Learned {report.labels} labels from {report.rows:,} rows in {report.seconds:.1f} s"
        f" ({report.outside:,} rows without a label). Wrote {out} ({report.size / 1e6:.1f} MB).\n"
        f"On rows it had not seen it answers {checked.coverage:.1%}; of its answers"
        f" {checked.precision:.1%} are right, one request in five taken to be none of ours,"
        f" and it refuses {checked.outside:.1%} of those."
    )
    if checked.coverage == 0:
        typer.echo(
            f"No gate keeps a precision of {precision:g}, so it will never be sure:"
            " give more examples of each label, or a lower --precision."
        )


@app.command("eval", epilog="Example: dihedral reflex eval intents.reflex test.csv --json")
def evaluate(
    model: Annotated[Path, typer.Argument(help="A model that `fit` wrote.")],
    test: Annotated[Path, typer.Argument(help="CSV with the columns text,label.")],
    as_json: Json = False,
) -> None:
    """Measure a model on examples that it has not seen."""
    from dihedral.model.work import reflex

    with _told(), _spinning(f"Asking {model} each row of {test}"):
        report = reflex.eval_file(model, test)
    if as_json:
        _print_json(asdict(report))
        return
    for name, value in (
        ("rows", f"{report.rows:,}, of them {report.outside:,} without a label"),
        ("accuracy", _percent(report.accuracy)),
        ("coverage", f"{_percent(report.coverage)} of rows with a label are answered"),
        ("precision", f"{_percent(report.precision)} of those answers are right"),
        ("with outside", f"{_percent(report.precision_with_outside)} of all answers are right"),
        ("outside", f"{_percent(report.outside_recall)} of rows without a label are refused"),
        ("speed", f"{report.microseconds:.0f} µs a prediction"),
    ):
        typer.echo(f"{name:<13} {value}")


@app.command(epilog="Example: dihedral reflex ask intents.reflex 'a bucket for invoices'")
def ask(
    model: Annotated[Path, typer.Argument(help="A model that `fit` wrote.")],
    text: Annotated[str, typer.Argument(help="What somebody says; - reads it from stdin.")],
    as_json: Json = False,
) -> None:
    """Say which label a text means, or that it is not sure and which three are nearest."""
    from dihedral.model.work import reflex

    with _told():
        answer = reflex.ask_file(model, _words(text))
    if as_json:
        _print_json(asdict(answer))
        return
    typer.echo(f"{answer.label} ({answer.confidence:.0%})" if answer.label else "not sure")
    for label, score in answer.nearest:
        typer.echo(f"  {score:6.2f}  {label}")


def _words(text: str) -> str:
    words = sys.stdin.read() if text == "-" else text
    if not words.strip():
        raise Invalid("the text is empty: say what to classify")
    return words


def _percent(share: float | None) -> str:
    return "no such rows," if share is None else f"{share:.1%}"


def _print_json(report: dict[str, object]) -> None:
    typer.echo(json.dumps(_plain(report), ensure_ascii=False, indent=2))


def _plain(value: object) -> object:
    """JSON has no infinity: a gate that is shut is null."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return None if value == float("inf") else value


@contextmanager
def _told() -> Iterator[None]:
    """A fault becomes one line on stderr and an exit code."""
    try:
        yield
    except Invalid as fault:
        typer.echo(f"dihedral: {fault}", err=True)
        raise typer.Exit(USAGE) from fault
    except Fault as fault:
        typer.echo(f"dihedral: {fault}", err=True)
        raise typer.Exit(FAULT) from fault


@contextmanager
def _spinning(what: str) -> Iterator[None]:
    """A sign of life on stderr, for people only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
