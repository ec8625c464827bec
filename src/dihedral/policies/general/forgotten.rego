# METADATA
# scope: package
# title: Nothing is dropped from sight
# description: >-
#   What Terraform forgets goes on running, costing and answering, and nobody looks after it.
# custom:
#   id: DH-GEN-009
#   severity: medium
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Destroy it, or say who looks after it from now on.
package dihedral.general.forgotten

deny contains {"address": change.address, "msg": "would go on without anybody looking after it"} if {
	some change in input.plan.resource_changes
	some action in change.change.actions
	action == "forget"
}
