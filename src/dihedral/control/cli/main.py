"""The command `dihedral`."""


def main() -> None:
    raise SystemExit("dihedral: no verbs yet")
