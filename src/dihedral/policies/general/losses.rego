# METADATA
# scope: package
# title: Nothing that holds data goes without a person's yes
# description: A new resource of the same name is empty; a replacement destroys first.
# custom:
#   id: DH-GEN-001
#   severity: critical
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: >-
#     Keep it (moved, import, create_before_destroy with a copy), or let a person say yes to the
#     loss. The types are settings.holds_data.
package dihedral.general.losses

import data.dihedral.general.lib

deny contains {"address": change.address, "msg": sprintf("holds data and would be %s", [how])} if {
	some change in lib.losses
	how := lib.how(change)
}
