# METADATA
# scope: package
# title: An agent does not widen rights that are there
# description: >-
#   A new service needs a new role; changing one that others rely on, or that the agent itself
#   uses, is another matter.
# custom:
#   id: DH-GEN-006
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: >-
#     Give the new part a role of its own, or let a person say yes. The types are settings.rights.
package dihedral.general.agents_and_rights

import data.dihedral.general.lib

deny contains {"address": change.address, "msg": "changes rights that are in use"} if {
	lib.agent
	count(types) > 0
	some change in lib.touched
	is_object(change.change.before)
	change.type in types
}

types := lib.meant(lib.setting("rights"))
