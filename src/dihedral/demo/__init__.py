"""What the models of `dihedral demo` say, as a script."""
