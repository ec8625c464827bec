"""What the server's own log never says."""

from base64 import b64encode
from pathlib import Path

from dihedral.control import hush
from dihedral.kit import key
from dihedral.kit.blob import Keyring


def test_neither_the_master_key_nor_the_way_into_the_database_is_logged(tmp_path: Path) -> None:
    path = tmp_path / "key"
    ring = Keyring.load(path)
    clear = hush.clearing(ring, "postgresql://app:hunter2000@db/x")
    for _ in range(2):
        raw = ring.master.raw
        said = clear(f"{raw.hex()} {b64encode(raw).decode()} hunter2000 app@db")
        assert said == "(sensitive) (sensitive) (sensitive) app@db"
        key.load(tmp_path / "new")  # another takes its place while the server runs
        key.swap(path, tmp_path / "new")
        ring.reread()
