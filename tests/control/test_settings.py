"""Settings: read from an environment, shown without secrets, and told of in the documentation."""

from datetime import timedelta
from pathlib import Path

import pytest

from dihedral.control import manual, settings
from dihedral.domain.errors import Invalid

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_document_is_printed_from_the_class() -> None:
    """`dihedral settings --markdown > docs/settings.md`"""
    assert DOCUMENT.read_text("utf-8") == manual.document()


def test_an_empty_environment_will_do(tmp_path: Path) -> None:
    found = settings.from_env({"HOME": str(tmp_path)})
    assert (found.port, found.host, found.self_approval) == (7370, "127.0.0.1", False)
    assert found.data.is_relative_to(tmp_path)
    assert found.key_path == found.data / "key"


def test_what_is_said_is_read() -> None:
    found = settings.from_env(
        {
            "DIHEDRAL_DATA": "/d",
            "DIHEDRAL_SELF_APPROVAL": "yes",
            "DIHEDRAL_HEARTBEAT": "2m",
            "DIHEDRAL_MAX_CONFIGURATION": "3MB",
            "DIHEDRAL_BLUEPRINTS": "/a:/b",
            "DIHEDRAL_PROVIDERS": "hashicorp/vault, me/mine",
            "DIHEDRAL_GRACE": "",
        }
    )
    assert found.data == Path("/d")
    assert found.self_approval
    assert found.heartbeat == timedelta(minutes=2)
    assert found.max_configuration == 3 << 20
    assert found.blueprints == (Path("/a"), Path("/b"))
    assert found.providers == ("hashicorp/vault", "me/mine")
    assert found.grace == timedelta(seconds=30)


def test_what_is_given_beside_the_environment_wins() -> None:
    assert settings.from_env({"DIHEDRAL_PORT": "1"}, port=2, host=None).port == 2


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DIHEDRAL_PORT", "http"),
        ("DIHEDRAL_PORT", "65536"),
        ("DIHEDRAL_PORT", "-1"),
        ("DIHEDRAL_PORT", "٣"),
        ("DIHEDRAL_SELF_APPROVAL", "maybe"),
        ("DIHEDRAL_GRACE", "soon"),
        ("DIHEDRAL_GRACE", "0"),
        ("DIHEDRAL_GRACE", "nan"),
        ("DIHEDRAL_APPLY_LIMIT", "25h"),
        ("DIHEDRAL_MAX_CONFIGURATION", "many"),
        ("DIHEDRAL_WORKER_CONCURRENCY", "0"),
        ("DIHEDRAL_LOG_LEVEL", "loud"),
        ("DIHEDRAL_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(Invalid, match=f"{variable} is .*, which is not a setting: it is "):
        settings.from_env({variable: text})


def test_secrets_are_never_shown() -> None:
    found = settings.from_env({"DIHEDRAL_KEY": "k3y", "DATABASE_URL": "postgresql://u:pw@h/n"})
    shown = f"{found!r} {list(manual.listed(found))}"
    assert "k3y" not in shown and "pw" not in shown
    assert found.key is not None and found.key.reveal() == "k3y"


@pytest.mark.parametrize(
    ("platform", "environ", "place"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/share/dihedral"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x/dihedral"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/dihedral"),
        ("win32", {"HOME": "/h", "LOCALAPPDATA": "/l"}, "/l/dihedral"),
    ],
)
def test_data_lie_where_the_platform_puts_them(
    platform: str, environ: dict[str, str], place: str
) -> None:
    assert settings.data_directory(environ, platform) == Path(place)
