"""The launcher: `python -I -S run.py ORDER`, started in place of the program that is caged.

It is compiled anew at each start, so all that it does stands in `keeper`.
"""

import os
import sys

sys.path.insert(0, __file__.rpartition("/dihedral/")[0])

from dihedral.kit.cage.keeper import main

if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # nothing is to be tidied, and tidying takes longer than starting
