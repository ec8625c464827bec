"""`python -m dihedral` is the command `dihedral`."""

from dihedral.control.cli.main import main

main()
