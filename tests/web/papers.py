"""What people hand in as files: an agent's, and a policy set's."""

from tests.control.conftest import packed
from tests.web.site import Site

SCRIBE = """\
apiVersion: dihedral/v1
kind: Agent
metadata: {name: scribe}
spec:
  purpose: Writes down what was decided
  prompt: |
    You write down what was decided, in one sentence.
    Leave out who said it.
  model: large
  tools: [list_workspaces]
"""
SCRIBE_NEXT = SCRIBE.replace("one sentence", "two sentences").replace(
    "[list_workspaces]", "[list_workspaces, list_runs]"
)


def hire(site: Site) -> None:
    """An agent whose file has two versions."""
    with site.client("ada") as api:
        for text in (SCRIBE, SCRIBE_NEXT):
            answer = api.post("/v1/agent-files", json={"files": {"scribe.yaml": text}})
            assert answer.status_code == 200, answer.text


REGO = """\
# METADATA
# title: Everything <b>is</b> owned
# description: Nobody else pays.
# custom:
#   id: OUR-1
#   severity: high
#   level: advisory
#   remedy: Name an owner.
package owned

deny contains "no" if input.never
"""


def police(site: Site, name: str, **place: str) -> None:
    """A policy set that never objects, and whose words are hostile."""
    said = {**place, "source": "our repository"}
    media = {"content-type": "application/gzip"}
    files = packed({"owned.rego": REGO.encode()})
    with site.client("ada") as api:
        answer = api.post(f"/v1/policy-sets/{name}", content=files, params=said, headers=media)
        assert answer.status_code == 201, answer.text
