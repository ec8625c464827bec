"""Where a plan's resources will stand: the region of each one's provider, if the plan says it."""

import re
from collections.abc import Mapping

from dihedral.ops.rules import graph
from dihedral.ops.rules.planjson import Document, Provider

_VARIABLE = re.compile(r"var\.([\w-]+)")


def regions(document: Document) -> dict[str, str]:
    """Provider key → region, where the plan says it as a constant."""
    settings = (document.configuration and document.configuration.provider_config) or {}
    found = ((key, _region(provider, document)) for key, provider in settings.items())
    return {key: region for key, region in found if region}


def _region(provider: Provider, document: Document) -> str:
    """A provider's region if it is a constant, or a variable of the root module."""
    said = provider.expressions.get("region") if isinstance(provider.expressions, dict) else None
    if not isinstance(said, dict):
        return ""
    value = said.get("constant_value")
    names = said.get("references")
    if (
        value is None
        and not provider.module_address
        and isinstance(names, list)
        and len(names) == 1
    ):
        match = _VARIABLE.fullmatch(str(names[0]))
        variable = (document.variables or {}).get(match[1]) if match else None
        value = variable.value if variable else None
    return value if isinstance(value, str) else ""


def of_resources(document: Document, regions: Mapping[str, str]) -> dict[str, str]:
    """Address without index → region. A key `module.a:aws` that has no settings means `aws`."""
    if not regions or not document.configuration:
        return {}
    pairs = graph.keys(document.configuration.root_module)
    said = ((a, regions.get(key) or regions.get(key.rpartition(":")[2])) for a, key in pairs)
    return {address: region for address, region in said if region}
