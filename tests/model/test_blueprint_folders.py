"""Blueprints from folders: users' own beside the built-in ones; what is said of a broken one."""

from pathlib import Path

import pytest
import yaml

from dihedral.domain.blueprint import SlotKind
from dihedral.domain.errors import Invalid
from dihedral.model.work import blueprints

NAME = {"variable": "name", "kind": "name", "question": "Its name?", "required": True}
SIZE = {"variable": "size", "kind": "size", "question": "How big?", "default": "small"}
CARD: dict[str, object] = {
    "title": "Thing",
    "owner": "team-x",
    "summary": "A thing.",
    "phrasings": {"en": ["a thing please"], "de": ["ein Ding bitte"]},
    "slots": [NAME, SIZE],
}
MODULE = 'variable "name" {\n  type = string\n}\n\nvariable "size" {\n  default = "small"\n}\n'


def put(directory: Path, name: str, card: object, module: str = MODULE) -> Path:
    folder = directory / name
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(module, "utf-8")
    (folder / "blueprint.yaml").write_text(yaml.safe_dump(card), "utf-8")
    return folder


def test_a_folder_of_ones_own_joins_the_built_in_ones(tmp_path: Path) -> None:
    put(tmp_path, "thing", CARD)
    found = blueprints.load([tmp_path])
    assert set(found) == {*blueprints.load(), "thing"}
    thing = found["thing"]
    assert thing.files == {"thing/main.tf": MODULE.encode()}
    assert thing.slots[1].kind is SlotKind.SIZE
    assert thing.slots[1].choices == ("small", "medium", "large")
    assert (thing.origin, thing.replaces) == (str(tmp_path), "")


def test_ones_own_wins_over_a_built_in_one_and_says_so(tmp_path: Path) -> None:
    put(tmp_path, "queue", CARD)
    queue = blueprints.load([tmp_path])["queue"]
    assert (queue.title, queue.origin, queue.replaces) == ("Thing", str(tmp_path), "built in")


def test_a_blueprint_brings_the_modules_that_it_uses(tmp_path: Path) -> None:
    put(tmp_path, "thing", {**CARD, "uses": ["network"]})
    files = blueprints.load([tmp_path])["thing"].files
    assert {"thing/main.tf", "network/main.tf"} <= set(files)


def test_what_is_unsure_grows_with_ones_own(tmp_path: Path) -> None:
    (tmp_path / "unsure.yaml").write_text("en:\n  - sing me a song of rust\n", "utf-8")
    assert blueprints.unsure([tmp_path])[-1] == "sing me a song of rust"
    assert len(blueprints.unsure([tmp_path])) == len(blueprints.unsure()) + 1


def test_lessons_label_each_request_and_leave_the_rest_empty() -> None:
    found = blueprints.load()
    rows = blueprints.lessons(found, ["hello"])
    assert rows[-1] == ("hello", "")
    assert ("I need a queue for incoming orders", "queue") in rows
    assert {label for _, label in rows} == {*found, ""}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": 7}, r"blueprint.yaml: Expected `str`, got `int` - at `\$.title`"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"phrasings": {}}, r"holds no example - at `\$.phrasings`"),
        ({"phrasings": {"en": [1]}}, r"at `\$.phrasings\[...\]\[0\]`"),
        ({"slots": []}, r"needs one slot of kind name, not 0 - at `\$.slots`"),
        ({"uses": ["nothing"]}, r"no blueprint 'nothing' - at `\$.uses\[0\]`"),
        (
            {"slots": [NAME, {**SIZE, **{"kind": "mood"}}]},
            r"Invalid enum value 'mood' - at `\$.slots\[1\].kind`",
        ),
        (
            {"slots": [NAME, {**SIZE, **{"variable": "depth"}}]},
            r"'depth' is not a variable .* `\$.slots\[1\].variable`",
        ),
        ({"slots": [NAME, {**SIZE, **{"variable": "name"}}]}, r"'name' is asked for twice"),
        (
            {"slots": [NAME, {**SIZE, **{"default": "huge"}}]},
            r"'huge' is not one of .* `\$.slots\[1\].default`",
        ),
        (
            {"slots": [NAME, {**SIZE, **{"kind": "choice"}}]},
            r"needs at least one - at `\$.slots\[1\].choices`",
        ),
    ],
)
def test_a_broken_card_names_its_file_and_field(
    change: dict[str, object], why: str, tmp_path: Path
) -> None:
    put(tmp_path, "thing", {**CARD, **change})
    with pytest.raises(Invalid, match=why) as caught:
        blueprints.load([tmp_path])
    assert str(tmp_path / "thing" / "blueprint.yaml") in str(caught.value)


def test_a_variable_that_nobody_asks_for_is_noticed(tmp_path: Path) -> None:
    put(tmp_path, "thing", CARD, MODULE + '\nvariable "depth" {\n  type = number\n}\n')
    with pytest.raises(Invalid, match="'depth' has no default, so it needs a slot"):
        blueprints.load([tmp_path])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"title: [", "blueprint.yaml is not readable YAML"),
        (b"\xff\xfe", "blueprint.yaml is not readable YAML"),
        (b"", "Expected `object`, got `null`"),
    ],
)
def test_a_card_that_is_no_yaml_says_so(text: bytes, why: str, tmp_path: Path) -> None:
    (put(tmp_path, "thing", CARD) / "blueprint.yaml").write_bytes(text)
    with pytest.raises(Invalid, match=why):
        blueprints.load([tmp_path])


def test_a_module_without_a_card_is_noticed(tmp_path: Path) -> None:
    (put(tmp_path, "thing", CARD) / "blueprint.yaml").unlink()
    with pytest.raises(Invalid, match=r"blueprint\.yaml is missing"):
        blueprints.load([tmp_path])


def test_a_link_out_of_a_blueprint_is_refused(tmp_path: Path) -> None:
    (put(tmp_path, "thing", CARD) / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match="is a link"):
        blueprints.load([tmp_path])


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    (put(tmp_path, "thing", CARD) / "big.bin").write_bytes(bytes(blueprints.LARGEST + 1))
    with pytest.raises(Invalid, match="larger than 1 MiB"):
        blueprints.load([tmp_path])


def test_a_folder_with_a_strange_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "My Thing", CARD)
    with pytest.raises(Invalid, match="is no name for a blueprint"):
        blueprints.load([tmp_path])


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is not a directory of blueprints"):
        blueprints.load([tmp_path / "nowhere"])
