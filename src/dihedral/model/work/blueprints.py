"""Blueprints, read from folders: the built-in ones, then the users' own in the same form.

Shape  DIRECTORY/NAME/blueprint.yaml beside the module's files; `docs/blueprints.md` has the fields.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files as package_files
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec
import yaml

from dihedral.domain.blueprint import Blueprint, Slot, SlotKind, Value
from dihedral.domain.errors import Invalid
from dihedral.model.rules import hcl

CARD = "blueprint.yaml"
LARGEST = 1 << 20  # bytes of one file of a module
BUILT_IN = "built in"
T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CHOICES = {
    SlotKind.SIZE: ("small", "medium", "large"),
    SlotKind.ENVIRONMENT: ("development", "staging", "production"),
}


class _Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variable: str
    kind: SlotKind
    question: str
    required: bool = False
    default: Value | None = None
    choices: tuple[str, ...] = ()


class _Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    owner: str
    summary: str
    phrasings: dict[str, tuple[str, ...]]
    slots: tuple[_Slot, ...]
    uses: tuple[str, ...] = ()  # other blueprints whose module this one calls


def load(directories: Sequence[Path] = ()) -> Mapping[str, Blueprint]:
    """Every blueprint by name; of two with one name the later directory's wins, and says so.

    Raises Invalid naming the file and the field.
    """
    found: dict[str, Blueprint] = {}
    for directory, origin in _sources(directories):
        cards = {folder.name: _card(folder) for folder in _folders(directory)}
        for name, card in cards.items():
            old = found.get(name)
            made = _blueprint(directory / name, card, origin)
            found[name] = replace(made, replaces=old.origin) if old else made
        for name, card in cards.items():
            found[name] = _joined(found, name, card.uses, directory)
    return MappingProxyType(dict(sorted(found.items())))


def unsure(directories: Sequence[Path] = ()) -> tuple[str, ...]:
    """Requests that no blueprint answers, from each directory's `unsure.yaml` if it has one."""
    paths = [directory / "unsure.yaml" for directory, _ in _sources(directories)]
    read = [_decode(path, dict[str, tuple[str, ...]]) for path in paths if path.exists()]
    return tuple(
        dict.fromkeys(text for lists in read for texts in lists.values() for text in texts)
    )


def lessons(
    blueprints: Mapping[str, Blueprint], outside: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Rows of text and label to train the reflex on; what is outside has an empty label."""
    rows = [
        (text, name)
        for name, blueprint in blueprints.items()
        for texts in blueprint.phrasings.values()
        for text in texts
    ]
    return (*rows, *((text, "") for text in outside))


def _sources(directories: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    yield Path(str(package_files("dihedral.blueprints"))), BUILT_IN
    for directory in directories:
        if not directory.is_dir():
            raise Invalid(f"{directory} is not a directory of blueprints; make it or leave it out")
        yield directory, str(directory)


def _folders(directory: Path) -> list[Path]:
    """The folders that hold a blueprint, or mean to: a card, or Terraform without one."""
    return sorted(
        folder
        for folder in directory.iterdir()
        if folder.is_dir() and ((folder / CARD).exists() or any(folder.glob("*.tf")))
    )


def _card(folder: Path) -> _Card:
    path = folder / CARD
    if not _NAME.fullmatch(folder.name):
        raise Invalid(f"{folder} is no name for a blueprint; use small letters, digits and hyphens")
    if not path.exists():
        raise Invalid(
            f"{path} is missing; write title, owner, summary, phrasings and slots into it"
        )
    card = _decode(path, _Card)
    _demand(any(card.phrasings.values()), path, "phrasings", "holds no example")
    names = [slot.variable for slot in card.slots if slot.kind is SlotKind.NAME]
    _demand(len(names) == 1, path, "slots", f"needs one slot of kind name, not {len(names)}")
    return card


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(_yaml(path.read_text("utf-8")), kind)
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        raise Invalid(f"{path} is not readable YAML: {' '.join(str(cause).split())}") from cause
    except msgspec.ValidationError as cause:
        raise Invalid(f"{path}: {cause}") from cause


def _yaml(text: str) -> object:
    """By the C reader where there is one: ten times faster, and forty phrasings a card add up."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _blueprint(folder: Path, card: _Card, origin: str) -> Blueprint:
    files = _module(folder)
    _demand_variables(folder / CARD, card, files)
    return Blueprint(
        name=folder.name,
        title=card.title,
        owner=card.owner,
        summary=card.summary,
        phrasings=MappingProxyType(card.phrasings),
        slots=tuple(_slot(folder / CARD, index, slot) for index, slot in enumerate(card.slots)),
        files=MappingProxyType(files),
        origin=origin,
    )


def _slot(path: Path, index: int, slot: _Slot) -> Slot:
    choices = slot.choices or _CHOICES.get(slot.kind, ())
    _demand(
        slot.kind is not SlotKind.CHOICE or bool(choices),
        path,
        f"slots[{index}].choices",
        "is empty; a choice needs at least one",
    )
    _demand(
        slot.default is None or not choices or slot.default in choices,
        path,
        f"slots[{index}].default",
        f"{slot.default!r} is not one of {', '.join(choices)}",
    )
    return Slot(
        variable=slot.variable,
        kind=slot.kind,
        question=slot.question,
        required=slot.required,
        default=slot.default,
        choices=choices,
    )


def _module(folder: Path) -> dict[str, bytes]:
    """The module's files by path below `modules/`. Raises Invalid for a link or a huge file."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_symlink():
            raise Invalid(f"{path} is a link; a blueprint holds only files of its own")
        if not path.is_file() or inside == Path(CARD) or _hidden(inside):
            continue
        if path.stat().st_size > LARGEST:
            raise Invalid(f"{path} is larger than {LARGEST >> 20} MiB; keep modules small")
        files[f"{folder.name}/{inside.as_posix()}"] = path.read_bytes()
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def _demand_variables(path: Path, card: _Card, files: Mapping[str, bytes]) -> None:
    """Slots and variables fit: each slot has a variable, each needed variable a required slot."""
    own = f"{path.parent.name}/"
    variables = {
        block.labels[0]: "default" in block.attributes
        for name, body in files.items()
        if name.startswith(own) and name.endswith(".tf") and name.count("/") == 1
        for block in hcl.blocks(body)
        if block.kind == "variable" and block.labels
    }
    names = [slot.variable for slot in card.slots]
    for index, slot in enumerate(card.slots):
        again = f"{slot.variable!r} is asked for twice"
        _demand(slot.variable not in names[:index], path, f"slots[{index}].variable", again)
        known = slot.variable in variables or slot.kind is SlotKind.REGION
        field = f"slots[{index}].variable"
        _demand(known, path, field, f"{slot.variable!r} is not a variable of the module")
    sure = {s.variable for s in card.slots if s.required or s.default is not None}
    for name, optional in variables.items():
        wanted = f"{name!r} has no default, so it needs a slot that is required or has one"
        _demand(optional or name in sure, path, "slots", wanted)


def _joined(
    found: Mapping[str, Blueprint], name: str, uses: Sequence[str], directory: Path
) -> Blueprint:
    """The blueprint with the files of the modules that it calls."""
    blueprint = found[name]
    for index, used in enumerate(uses):
        other = found.get(used)
        path = directory / name / CARD
        if other is None:
            raise Invalid(f"{path}: no blueprint {used!r} - at `$.uses[{index}]`")
        own = {p: b for p, b in other.files.items() if p.startswith(f"{used}/")}
        blueprint = replace(blueprint, files=MappingProxyType({**blueprint.files, **own}))
    return blueprint


def _demand(holds: bool, path: Path, field: str, why: str) -> None:
    if not holds:
        raise Invalid(f"{path}: {why} - at `$.{field}`")
