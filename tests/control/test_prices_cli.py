"""`dihedral prices`, which needs no server."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.ops.test_prices import offer


def dihedral(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dihedral", *words]
    return subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


def test_a_book_is_refreshed_layered_and_shown(tmp_path: Path) -> None:
    source, out = tmp_path / "offer.json", tmp_path / "book.toml"
    source.write_text(json.dumps(offer()), "utf-8")
    made = dihedral("prices", "refresh", str(source), "--out", str(out), "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["offers"][0]["prices"] == {"eu-west-1": 3}
    told = json.loads(dihedral("prices", "--json", DIHEDRAL_PRICES=str(out)).stdout)
    assert told["over"] == str(out)
    assert "eu-west-1" in told["regions"]
    named = {source["name"]: source["dated"] for source in told["sources"]}
    assert named["aws-AmazonEC2-0"] == "2031-02-03"


def test_a_file_that_is_none_ends_with_1_and_says_why(tmp_path: Path) -> None:
    ended = dihedral("prices", "refresh", str(tmp_path / "none"), "--out", str(tmp_path / "b"))
    assert ended.returncode == 1
    assert "cannot be read" in ended.stderr
