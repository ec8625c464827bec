"""What we write as HCL is read as what we meant, by the grammar and by Terraform itself."""

import json
import os
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.model.rules import hcl

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
HOSTILE = st.lists(
    st.sampled_from(['"', "\\", "${", "%{", "$", "%", "{", "}", "\n", "\r\n", "EOF", "#", "//"])
    | st.sampled_from(["/*", "x", "\x00", "\u2028", "é", "订", '"\n}\nresource "a" "b" {\n']),
    max_size=12,
).map("".join)


@given(HOSTILE | ANY)
@example("$${x}")
@example('${file("/etc/passwd")}')
@example('"\n}\nmodule "evil" {\n  source = "http://evil"\n')
def test_no_text_leaves_its_quotes(text: str) -> None:
    source = f'module "m" {{\n  value = {hcl.quote(text)}\n  after = 1\n}}\n'
    (block,) = hcl.blocks(source.encode())
    assert block.attributes == {"value": hcl.quote(text), "after": "1"}
    assert block.blocks == ()


@given(HOSTILE | ANY)
def test_no_text_leaves_its_comment(text: str) -> None:
    line = hcl.comment(text)
    assert line.splitlines() in ([line], [])
    assert len(line) <= 200
    (block,) = hcl.blocks(f'# {line}\nmodule "m" {{\n}}\n'.encode())
    assert block.labels == ("m",)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(HOSTILE | ANY, min_size=80, max_size=120))
@example(texts=["$${x}", "%%{if}", '${file("a")}', "\\${x}", "\\\\", "$", "%", "a\tb", "\x7f"])
def test_terraform_reads_the_very_text(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.mktemp("texts")
    values = ",\n".join(hcl.quote(text) for text in texts)
    (here / "main.tf").write_text(f'output "texts" {{\n  value = [\n{values}\n]\n}}\n', "utf-8")
    terraform(here, "apply", "-auto-approve")
    read = json.loads(terraform(here, "output", "-json", "texts"))
    assert read == [unicodedata.normalize("NFC", text) for text in texts]


def test_half_a_character_is_refused() -> None:
    with pytest.raises(Invalid, match="half a character"):
        hcl.quote("\ud800")


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (7, "7"), ("7", '"7"'), (-1, "-1")])
def test_a_value_keeps_its_type(value: str | int | bool, text: str) -> None:
    assert hcl.literal(value) == text


def test_blocks_of_a_broken_file_are_those_that_can_be_read() -> None:
    assert [b.labels for b in hcl.blocks(b'module "a" {\n}\n}}} ((\n')][:1] == [("a",)]


def terraform(here: Path, *words: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    env["TF_CLI_CONFIG_FILE"] = os.devnull
    ran = subprocess.run(
        ["terraform", *words], cwd=here, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
