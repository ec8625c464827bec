"""The documents say what the code does."""

import re
from pathlib import Path

from dihedral.domain.run import Status, drawing
from dihedral.model.rules import tool
from dihedral.model.work.tools import box

DOCS = Path(__file__).parents[1] / "docs"


def test_the_drawing_of_a_run_is_printed_from_its_table() -> None:
    drawn = re.search(r"```mermaid\n(.*?)\n```", (DOCS / "run.md").read_text("utf-8"), re.DOTALL)
    assert drawn is not None
    assert drawn[1] == drawing()


def test_every_status_is_explained() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "run.md").read_text("utf-8"), re.MULTILINE))
    assert told == set(Status)


def test_the_tools_are_printed_from_their_table() -> None:
    assert tool.table(box.TOOLS.values()) in (DOCS / "tools.md").read_text("utf-8")


def test_every_link_between_documents_leads_somewhere() -> None:
    root = DOCS.parent
    for page in [*DOCS.rglob("*.md"), root / "README.md", root / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
