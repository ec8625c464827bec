"""A small world that pages show something of: workspaces, and runs in every state of their life."""

from collections.abc import Mapping

from tests.web.papers import police
from tests.web.site import Site

PROVIDER = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-central-1"
}
variable "database_password" {
  type      = string
  sensitive = true
}
"""
SHOP = """\
resource "aws_db_instance" "orders" {
  identifier          = "orders"
  engine              = "postgres"
  instance_class      = "db.t3.medium"
  allocated_storage   = 100
  storage_type        = "gp3"
  username            = "orders"
  password            = var.database_password
  skip_final_snapshot = true
  tags                = { owner = "shop" }
}
resource "aws_security_group" "orders" {
  name        = "orders"
  description = "Who reaches the database"
  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}
resource "aws_instance" "web" {
  count         = 2
  ami           = "ami-0abcdef1234567890"
  instance_type = "t3.medium"
  tags          = { owner = "shop", database = aws_db_instance.orders.identifier }
}
resource "aws_s3_bucket" "invoices" {
  bucket = "shop-invoices"
}
resource "aws_cloudwatch_log_group" "web" {
  name              = "/shop/web"
  retention_in_days = 30
}
output "database" {
  value = aws_db_instance.orders.endpoint
}
"""
SHOP_NEXT = """\
resource "aws_db_instance" "orders" {
  identifier          = "orders-main"
  engine              = "postgres"
  instance_class      = "db.m5.large"
  allocated_storage   = 200
  storage_type        = "gp3"
  username            = "orders"
  password            = var.database_password
  skip_final_snapshot = true
  tags                = { owner = "shop" }
}
resource "aws_security_group" "orders" {
  name        = "orders-database"
  description = "Who reaches the database"
  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
resource "aws_instance" "web" {
  count         = 3
  ami           = "ami-0abcdef1234567890"
  instance_type = "t3.large"
  tags          = { owner = "shop", database = aws_db_instance.orders.identifier }
}
resource "aws_cloudwatch_log_group" "web" {
  name              = "/shop/web"
  retention_in_days = 90
}
output "database" {
  value = aws_db_instance.orders.endpoint
}
"""
OPEN = SHOP.replace("10.0.0.0/16", "0.0.0.0/0")
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
# a network with what stands in it: a chain, something that much depends on, a module
LAND = """\
resource "aws_vpc" "main" {
  cidr_block = "10.20.0.0/16"
}
resource "aws_subnet" "private" {
  count      = 3
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.20.${count.index}.0/24"
}
resource "aws_security_group" "lb" {
  name   = "lb"
  vpc_id = aws_vpc.main.id
}
resource "aws_lb" "front" {
  name            = "front"
  subnets         = aws_subnet.private[*].id
  security_groups = [aws_security_group.lb.id]
}
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.front.arn
  port              = 443
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
    }
  }
}
resource "aws_instance" "worker" {
  ami           = "ami-0abcdef1234567890"
  instance_type = "t3.small"
  subnet_id     = aws_subnet.private[0].id
}
resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}
module "logs" {
  source = "./logs"
  owner  = aws_lb.front.name
}
"""
LOGS = """\
variable "owner" {
  type = string
}
resource "aws_s3_bucket" "logs" {
  bucket = "${var.owner}-logs"
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}
"""
DENIED = 'data "external" "x" {\n  program = ["sh"]\n}\n'
TYPO = 'output "x" {\n  value = nothing.here\n}\n'


def furnish(site: Site) -> Mapping[str, str]:
    """Names of what was made, by what they are."""
    shop = site.workspace("shop-production", owner="team:shop")
    web = site.workspace("web-staging")
    police(site, "owned", scope="workspace", workspace=shop)
    site.variable(shop, "database_password", "not-to-be-seen-1")
    first = {"main.tf": PROVIDER, "shop.tf": SHOP}
    applied = site.applied(shop, first, "The shop, as it begins")
    site.variable(shop, "database_password", "not-to-be-seen-2")
    changes = {"main.tf": PROVIDER, "shop.tf": SHOP_NEXT}
    waits = site.waiting(shop, changes, "More room for orders before the sales, and a third host")
    land = network(site)
    reports = site.workspace("reports")
    small = site.waiting(reports, {"main.tf": BUCKETS}, "A place for the monthly reports")
    denied = site.propose(web, {"main.tf": DENIED}, "Read the host's inventory")
    broken = site.propose(web, {"main.tf": TYPO}, "A typo")
    opened = site.propose(shop, {"main.tf": PROVIDER, "shop.tf": OPEN}, "Let the office in")
    with site.client("ada") as api:
        drafter = {"name": "drafter", "purpose": "Drafts changes", "grants": [{"role": "proposer"}]}
        assert api.post("/v1/agents", json=drafter).status_code == 201
    site.variable(web, "token", "not-to-be-seen-3")
    for run in (denied, opened):
        site.settled(run)
    site.settled(broken)
    return {
        "applied": applied,
        "waits": waits,
        "small": small,
        "denied": denied,
        "opened": opened,
        "broken": broken,
        "workspace": shop,
        "land": land,
    }


def network(site: Site) -> str:
    """A workspace in which much depends on much."""
    space = site.workspace("network", owner="team:platform")
    provider = PROVIDER.partition("variable")[0]
    files = {"main.tf": provider, "land.tf": LAND, "logs/main.tf": LOGS}
    site.applied(space, files, "The network, and what stands in it")
    return space


SCRIPT = """\
apiVersion: dihedral/v1
kind: Script
spec:
  rules:
    - last: "sky"
      say:
        - thought: "Somebody asks <b>why</b>; let me see what we have."
          calls: [{tool: list_blueprints, arguments: {}}]
          usage: {input: 1200, output: 40}
        - text: BLUE
          usage: {input: 2400, output: 90}
          pace: 0.05
    - last: "dawdle"
      say:
        - text: "One moment, it is on its way, and will never come to its end."
          trip: {trouble: hang, after: 1}
    - last: "injured"
      say:
        - calls: [{tool: escalate, arguments: {reason: "danger: <b>a child</b> was injured"}}]
    - tool: escalate
      say: ["A person will see to it."]
    - tool: list_blueprints
      say:
        - text: BLUE
          usage: {input: 2400, output: 90}
          pace: 0.05
    - tool: propose_blueprint
      say: ["It is proposed."]
    - last: "depot"
      say:
        - calls:
            - tool: propose_blueprint
              arguments:
                blueprint: private-bucket
                reason: A depot
                values: {name: depot, owner: data, region: eu-central-1}
    - last: "."
      say: ["Say more."]
"""
BLUE = "It is **blue**.\\n<img src=x onerror=alert(1)>\\n<script>document.title='owned'</script>"
ODD = "why is the sky blue, and what does that cost us?"  # the reflex is not sure
DEPOT = "hmm, those depot things, you know, for whatever the others do there?"  # agents propose it
HALF = "a private bucket named reports"  # it lacks an owner


def converse(site: Site) -> Mapping[str, str]:
    """A model that a script plays, and conversations of ada's: one that it answered, one that the
    reflex answered, and one that lacks something."""
    script = site.data.parent / "script.yaml"
    script.write_text(SCRIPT.replace("BLUE", f'"{BLUE}"'), "utf-8")
    model = {"model": "large", "wire": "scripted", "url": str(script), "upstream": "large"}
    price = {"price": {"input": 3, "output": 15}, "abilities": ["tools", "reasoning", "streaming"]}
    made: dict[str, str] = {}
    with site.client("ada") as api:
        lacking = api.post("/v1/conversations", json={"text": HALF})
        made["lacking"] = lacking.json()["id"]
        assert api.post("/v1/models", json={**model, **price}).status_code == 201
        for name, words in (("answered", ODD), ("proposed", f"{HALF}, owner data")):
            begun = api.post("/v1/conversations", json={"text": words})
            assert begun.status_code == 201, begun.text
            made[name] = begun.json()["id"]
            # its events end when it rests
            api.get(f"/v1/conversations/{made[name]}/events")
        found = api.get(f"/v1/conversations/{made['proposed']}").json()
        assert api.post("/v1/models", json={**model, **price, "model": "small"}).status_code == 201
        hurt = {"text": "A child was injured by your lamp", "agent": "triage"}
        begun = api.post("/v1/conversations", json=hurt)
        assert begun.status_code == 201, begun.text
        api.get(f"/v1/conversations/{begun.json()['id']}/events")
        (escalated,) = api.get("/v1/escalations").json()["items"]
    (run,) = found["turns"][0]["runs"]
    site.settled(run["id"])
    return {**made, "answer": run["id"], "escalation": escalated["id"]}
