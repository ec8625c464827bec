"""A small world that pages show something of: workspaces, and runs in every state of their life."""

from collections.abc import Mapping

from tests.web.site import Site

BUCKETS = """\
resource "terraform_data" "reports" {
  input = { name = "reports", region = "eu-central-1", versioned = true }
}
resource "terraform_data" "readers" {
  input = [terraform_data.reports.id, "analysts"]
}
output "bucket" {
  value = terraform_data.reports.output
}
"""
DENIED = 'data "external" "x" {\n  program = ["sh"]\n}\n'


def furnish(site: Site) -> Mapping[str, str]:
    """Names of what was made, by what they are."""
    orders, web = site.workspace("orders-production"), site.workspace("web-staging")
    waits = site.waiting(orders, {"main.tf": BUCKETS}, "A private bucket for the monthly reports")
    denied = site.propose(web, {"main.tf": DENIED}, "Read the host's inventory")
    broken = site.propose(web, {"main.tf": 'output "x" {\n  value = nothing.here\n}\n'}, "A typo")
    applied = site.waiting(web, {"main.tf": BUCKETS}, "Buckets for the web team")
    with site.client("bo") as api:
        assert api.post(f"/v1/runs/{applied}/approve", json={}).status_code == 200
    site.settled(applied, "applied")
    with site.client("ada") as api:
        drafter = {"name": "drafter", "purpose": "Drafts changes", "grants": [{"role": "proposer"}]}
        assert api.post("/v1/agents", json=drafter).status_code == 201
        value = {"value": "eu-central-1", "description": "Where things are made"}
        for key, said in (("region", value), ("token", {"value": "x" * 20, "sensitive": True})):
            to = f"/v1/workspaces/{web}/variables/terraform/{key}"
            assert api.put(to, json=said).status_code == 200
    site.settled(denied)
    site.settled(broken)
    return {"waits": waits, "denied": denied, "broken": broken, "workspace": web}
