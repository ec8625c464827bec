"""Logs are one line an event, and secrets do not show."""

import copy
import io
import json
import logging
import pickle
from collections.abc import Iterator

import pytest

from dihedral.kit import log
from dihedral.kit.log import Secret


@pytest.fixture
def root() -> Iterator[None]:
    """The root logger as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_event_is_one_line_with_its_fields(form: str) -> None:
    out = io.StringIO()
    log.setup(form, stream=out)
    log.event(
        logging.getLogger("x"), "run\nplanned", run="run-1", why="a b", key=Secret("hush"), level=30
    )
    (line,) = out.getvalue().splitlines()
    assert "hush" not in line
    if form == "json":
        told = json.loads(line)
        assert told.pop("at").endswith("+00:00")
        assert told == {
            "level": "warning",
            "logger": "x",
            "message": "run\nplanned",
            "run": "run-1",
            "why": "a b",
            "key": "***",
        }
    else:
        assert line[8:] == ' WARNING run planned  run=run-1 why="a b" key=***'


@pytest.mark.usefixtures("root")
def test_an_exception_stays_in_its_json_line() -> None:
    out = io.StringIO()
    log.setup("json", stream=out)
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("x").exception("it broke")
    told = json.loads(out.getvalue())
    assert told["exception"].endswith("ValueError: no")


@pytest.mark.parametrize(("form", "level"), [("xml", "INFO"), ("text", "LOUD")])
def test_a_form_or_level_that_is_none_is_an_error(form: str, level: str) -> None:
    with pytest.raises(ValueError, match=f"not {form} {level}"):
        log.setup(form, level)


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hush")
    assert secret.reveal() == "hush"
    assert {str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{secret:>3}"} == {"***"}
    assert "hush" not in repr([secret]) and "hush" not in json.dumps(secret, default=str)
    assert (secret == Secret("hush"), secret == "hush", bool(Secret(""))) == (True, False, False)
    for copied in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            copied(secret)


def _hush(text: str) -> str:
    return text.replace("hunter2", "(sensitive)")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_hidden_is_in_no_line_however_it_came_there(form: str) -> None:
    out, logger = io.StringIO(), logging.getLogger("x")
    log.setup(form, stream=out)
    with log.hiding(_hush):
        logger.info("it is %s", "hunter2")
        log.event(logger, "said", why="hunter2", deep={"a": ["hunter2"]})
        try:
            raise ValueError("hunter2") from KeyError("hunter2")
        except ValueError:
            logger.exception("broke")
    text = out.getvalue()
    assert "hunter2" not in text and text.count("(sensitive)") >= 5
    logger.info("hunter2")
    assert "hunter2" in out.getvalue()


@pytest.mark.usefixtures("root")
def test_a_line_that_cannot_be_made_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.setup("text", stream=io.StringIO())
    logging.getLogger("x").info("%d", "hunter2")
    said = capsys.readouterr().err
    assert "x:" in said and "TypeError" in said and "hunter2" not in said
