"""A YAML document that people write, as plain data with the line of every fault."""

from typing import Any

import yaml

from dihedral.domain.errors import Invalid
from dihedral.kit import strictyaml
from dihedral.kit.strictyaml import MOST, Unreadable

_BREAKS = frozenset("\x85\u2028\u2029")  # line ends beside the line feed


def load(text: str) -> dict[str, Any]:
    """The document's mapping; empty for an empty document. Raises Invalid, naming the line."""
    if len(text.encode(errors="surrogatepass")) > MOST:
        raise Invalid(f"the document is larger than {MOST >> 10} KB; it is too large to be read")
    try:
        found = strictyaml.load(text)
    except Unreadable as cause:
        where = f"line {cause.line}: " if cause.line else ""
        raise Invalid(f"this is not YAML as it is taken here: {where}{cause}") from cause
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Invalid("this document is not a mapping of sections; begin with a line like `tiers:`")
    return found


def dump(document: dict[str, Any]) -> str:
    """As YAML, in the order given; reading it again gives the same."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    if _BREAKS.isdisjoint(text):
        return text
    # written as they are, they would be read as the end of a line
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=False, width=100)
