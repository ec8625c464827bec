# METADATA
# scope: package
# title: A change is small enough to be read
# description: Nobody reads four hundred changes; what is not read is not reviewed.
# custom:
#   id: DH-GEN-003
#   severity: medium
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: >-
#     Split it, or raise settings.max_changes (settings.max_losses for what is deleted or
#     replaced).
package dihedral.general.size

import data.dihedral.general.lib

deny contains sprintf("changes %d resources, more than %d", [made, limit]) if {
	some limit in lib.limit("max_changes")
	made := count(lib.touched)
	made > limit
}

deny contains sprintf("deletes or replaces %d resources, more than %d", [gone, limit]) if {
	some limit in lib.limit("max_losses")
	gone := count(lib.going)
	gone > limit
}
