# METADATA
# scope: package
# title: A workspace is not taken down in passing
# description: A destroy of everything is rarely what a sentence meant.
# custom:
#   id: DH-GEN-011
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Let a person say yes to the list of what goes.
package dihedral.general.everything_goes

import data.dihedral.general.lib

deny contains sprintf("destroys all %d resources of the workspace", [gone]) if {
	gone := count(lib.going)
	gone > 2
	count(lib.staying) == 0
	count(lib.touched) == gone
}
