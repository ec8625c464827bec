"""Values of a YAML document, each with where it stands, so that a fault names line and column."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import yaml

from dihedral.domain.errors import Invalid

_TAG = "tag:yaml.org,2002:"
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Marked:
    """A node of a document that is called `file` in messages; `path` is how one comes to it."""

    node: yaml.Node
    file: str
    path: str = ""

    def wrong(self, problem: str) -> NoReturn:
        """Raises Invalid."""
        mark = self.node.start_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise Invalid(f"{self.file}{at}: {problem}")

    def section(
        self, names: Collection[str], needs: Collection[str] = ()
    ) -> Mapping[str, "Marked"]:
        """By key, in the document's order. Raises Invalid for a key that is not one of `names`,
        with the nearest of them, and where one of `needs` is missing."""
        if not isinstance(self.node, yaml.MappingNode):
            self._wanted("a mapping, such as `name: value`")
        found: dict[str, Marked] = {}
        for key, value in self.node.value:
            if key.value not in names:
                near = difflib.get_close_matches(key.value, names, n=1, cutoff=0.5)
                meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
                where = self.path or "the file"
                Marked(key, self.file).wrong(f"there is no {key.value[:80]!r} in {where}; {meant}")
            found[key.value] = Marked(value, self.file, f"{self.path}.{key.value}".lstrip("."))
        for name in needs:
            if name not in found:
                self.wrong(f"{self.path or 'the file'} lacks `{name}:`")
        return found

    def items(self, most: int) -> list["Marked"]:
        if not isinstance(self.node, yaml.SequenceNode):
            self._wanted("a list, such as [one, two]")
        if len(self.node.value) > most:
            self.wrong(f"{self.path} has at most {most} entries, not {len(self.node.value)}")
        return [
            Marked(one, self.file, f"{self.path}[{at}]") for at, one in enumerate(self.node.value)
        ]

    def text(self, most: int) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self._wanted("text")
        if self.node.tag != f"{_TAG}str":  # 7, no, null: YAML reads more than text in them
            self._wanted("text (put it in quotes)")
        said: str = self.node.value
        if len(said) > most:
            self.wrong(f"{self.path} has at most {most:,} characters, not {len(said):,}")
        if not said.strip():
            self._wanted("text, and not empty")
        return said

    def number(self, least: int, most: int) -> int:
        said = self.amount(Decimal(most))
        if said != said.to_integral_value() or said < least:
            self._wanted(f"a whole number from {least:,} to {most:,}")
        return int(said)

    def amount(self, most: Decimal) -> Decimal:
        """From 0, written as a number or in quotes, and taken as it is written."""
        try:
            said = Decimal(self._scalar())
        except InvalidOperation:
            said = Decimal(-1)
        if not said.is_finite() or not 0 <= said <= most:
            self._wanted(f"a number from 0 to {most:,f}")
        return said

    def choice(self, kind: type[E]) -> E:
        try:
            return kind(self._scalar())
        except ValueError:
            self._wanted(f"one of {', '.join(kind)}")

    def is_any(self) -> bool:
        """The word `any`, which is no limit."""
        return self._scalar() == "any"

    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def _scalar(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            return ""
        return str(self.node.value)

    def _wanted(self, what: str) -> NoReturn:
        said = repr(self._scalar()[:60]) if isinstance(self.node, yaml.ScalarNode) else _kind(self)
        self.wrong(f"{self.path or 'the file'} is {what}, not {said}")


def of_data(value: Any, file: str) -> Marked:
    """Plain data as if it had been read; it stands nowhere."""
    return Marked(yaml.representer.SafeRepresenter().represent_data(value), file)


def _kind(one: Marked) -> str:
    return "a mapping" if one.is_mapping() else "a list"
