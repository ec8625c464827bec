"""Which outputs of which workspaces a configuration reads, by its plan and its text."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import readings, state
from tests.ops import plans
from tests.ops.plans import configuration, resource

PATH = ".workspaces/{}.tfstate"
USE = "data.terraform_remote_state.net"
EVERY = ("*",)
Json = dict[str, Any]


def block(label: str = "net", workspace: str = "network") -> Json:
    said = {"constant_value": {"path": PATH.format(workspace)}}
    local = {"backend": {"constant_value": "local"}, "config": said}
    return resource(f"data.terraform_remote_state.{label}", expressions=local)


def read(
    files: Mapping[str, str], *blocks: Json, root: str = "", **rest: Any
) -> Mapping[str, tuple[str, ...]]:
    written = configuration(*(blocks or (block(),)), **rest)
    texts = {path: text.encode() for path, text in files.items()}
    return readings.of(plans.text(plans.document(configuration=written)), texts, root)


HEAD = 'data "terraform_remote_state" "net" {\n  backend = "local"\n}\n'
# what stands beside the block, and the outputs that are read
TEXTS: list[tuple[str, tuple[str, ...]]] = [
    (f"x = {USE}.outputs.vpc_id", ("vpc_id",)),
    (f'x = {USE}.outputs["vpc_id"]', ("vpc_id",)),
    (f"x = {USE}.outputs.nets[0].id\ny = {USE}.outputs.vpc_id", ("nets", "vpc_id")),
    (f'x = "${{{USE}.outputs.vpc_id}}-a"', ("vpc_id",)),
    (f"x = {USE}[0].outputs.vpc_id", ("vpc_id",)),
    (f"x = {USE}[each.key].outputs.vpc_id", ("vpc_id",)),
    (f"x = {USE}[*].outputs.vpc_id", ("vpc_id",)),
    (f"locals {{\n  a = {USE}.outputs.vpc_id\n}}", ("vpc_id",)),
    (f"locals {{\n  a = {USE}.outputs\n}}\nx = local.a.vpc_id", EVERY),
    (f"x = {USE}", EVERY),
    (f"x = [for k, v in {USE}.outputs : v]", EVERY),
    (f"x = {USE}.outputs[var.name]", EVERY),
    (f'x = {USE}.outputs["${{var.name}}"]', EVERY),
    (f"x = values({USE})[*].outputs.vpc_id", EVERY),
    (f"x = {USE}.outputs.vpc_id\ny = {USE}.outputs", EVERY),
    (f"x = {USE}.outputs./* */vpc_id", EVERY),
    (f"x = data.terraform_remote_state /* */ .net.outputs.a\ny = {USE}.outputs.b", EVERY),
    ("x = 1", EVERY),
    ('x = "\\u0064ata.terraform_remote_state.net.outputs.vpc_id"', ("vpc_id",)),
]


@pytest.mark.parametrize(("text", "outputs"), TEXTS)
def test_what_is_taken_from_a_state_or_every_output_where_nobody_can_tell(
    text: str, outputs: tuple[str, ...]
) -> None:
    assert read({"main.tf": HEAD, "other.tf": text}) == {"network": outputs}


def test_only_the_files_of_a_module_speak_for_it() -> None:
    files = {
        "live/main.tf": f"x = {USE}.outputs.a",
        "net/main.tf": f"x = {USE}.outputs.b",
        "elsewhere/main.tf": f"x = {USE}.outputs.c",
        "live/README.md": f"{USE}.outputs.d",
    }
    inner: Json = {"resources": [block()]}
    near = {"a": {"source": "../net", "module": inner}}
    far = {"b": {"source": "acme/net/aws", "module": {"resources": [block(workspace="dns")]}}}
    assert read(files, root="live") == {"network": ("a",)}
    found = read(files, root="live", module_calls=near | far)
    assert found == {"dns": EVERY, "network": ("a", "b")}


def test_states_that_are_no_workspaces_of_ours_are_not_counted() -> None:
    other = resource("data.terraform_remote_state.net", "var.path")
    assert read({"main.tf": ""}, other) == {}
    assert readings.any_in(plans.text(plans.document())) is False
    with pytest.raises(Invalid):
        readings.of(b'{"configuration": []}', {})


def test_who_reads_an_output_is_whoever_reads_it_or_every_one() -> None:
    found = readings.by_output({"web": ("url", "zone"), "all": EVERY, "shop": ("url",)})
    assert readings.of_output("url", found) == ("all", "shop", "web")
    assert readings.of_output("id", found) == ("all",)


def test_files_name_the_workspaces_that_they_read() -> None:
    said = (
        'data "terraform_remote_state" "%s" {\n backend = "local"\n config = { path = "%s" }\n}\n'
    )
    files = {
        "main.tf": said % ("a", PATH.format("network")) + "# " + PATH.format("comment"),
        "m/main.tf": "check c {\n" + said % ("b", PATH.format("dns")) + "}\n",
        "x.tf.json": json.dumps(
            {"data": {"terraform_remote_state": {"c": {"config": {"path": PATH.format("j")}}}}}
        ),
        "y.tf": said % ("d", "elsewhere.tfstate"),
    }
    found = readings.asked({path: text.encode() for path, text in files.items()})
    assert found == {"network", "dns", "j"}


REAL = {
    "main.tf": HEAD.replace("}", f'  config = {{ path = "{PATH.format("network")}" }}\n}}')
    + f"""
locals {{
  zone = {USE}.outputs.zone
}}
resource "terraform_data" "a" {{
  input = {USE}.outputs.vpc_id
  lifecycle {{
    precondition {{
      condition     = {USE}.outputs.ready
      error_message = "not ready"
    }}
  }}
}}
module "m" {{
  source = "./m"
}}
""",
    "m/main.tf": f"""
data "terraform_remote_state" "all" {{
  for_each = toset(["dns"])
  backend  = "local"
  config   = {{ path = "{PATH.format("dns")}" }}
}}
output "everything" {{
  value = {{ for k, s in data.terraform_remote_state.all : k => s.outputs }}
}}
""",
}


def test_a_real_plan_hides_nothing_that_is_read(tmp_path: Path) -> None:
    outputs = {n: {"value": True, "type": "bool"} for n in ("vpc_id", "zone", "ready", "secret")}
    outputs["secret"]["sensitive"] = True
    whole = {"version": 4, "lineage": "l", "serial": 9, "outputs": outputs, "resources": []}
    lent = state.lent(json.dumps(whole).encode(), "ws-1")
    assert json.loads(lent)["outputs"].keys() == {"vpc_id", "zone", "ready"}
    again = {**whole, "serial": 10, "terraform_version": "1.12.0"}
    assert state.lent(json.dumps(again).encode(), "ws-1") == lent
    for name, text in REAL.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".workspaces").mkdir()
    for name in ("network", "dns"):
        (tmp_path / PATH.format(name)).write_bytes(lent)
    env = {"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1", "HOME": str(tmp_path)}

    def terraform(*words: str) -> bytes:
        done = subprocess.run(
            ["terraform", *words], cwd=tmp_path, env=env, capture_output=True, check=True
        )
        return done.stdout

    terraform("init")
    terraform("plan", "-out=plan")
    files = {name: text.encode() for name, text in REAL.items()}
    found = readings.of(terraform("show", "-json", "plan"), files)
    assert found == {"dns": EVERY, "network": ("ready", "vpc_id", "zone")}
