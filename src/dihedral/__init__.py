"""Dihedral: the place where an agent's intention becomes a reviewed change."""

__version__ = "0.1.0"
