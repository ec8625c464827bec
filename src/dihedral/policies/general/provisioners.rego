# METADATA
# scope: package
# title: A plan runs no programs of its own
# description: >-
#   A provisioner runs while the plan is applied, with the rights of whoever applies it, and no
#   plan shows what it does.
# custom:
#   id: DH-GEN-007
#   severity: critical
#   level: hard-mandatory
#   unknown: not concerned
#   remedy: Use user data, an image, or a pipeline after the apply.
package dihedral.general.provisioners

deny contains {"address": block.address, "msg": "runs a program by a provisioner"} if {
	some block in written
	some one in block.provisioners
	one.type
}

deny contains {"address": block.address, "msg": "runs a program while it plans"} if {
	some block in written
	block.type == "external"
	block.mode == "data"
}

written contains block if some block in input.plan.configuration.root_module.resources

written contains block if {
	some module in storeys
	some block in module.resources
}

storeys contains called.module if some called in input.plan.configuration.root_module.module_calls

storeys contains called.module if {
	some one in first
	some called in one.module_calls
}

storeys contains called.module if {
	some one in second
	some called in one.module_calls
}

storeys contains called.module if {
	some one in third
	some called in one.module_calls
}

first contains called.module if some called in input.plan.configuration.root_module.module_calls

second contains called.module if {
	some one in first
	some called in one.module_calls
}

third contains called.module if {
	some one in second
	some called in one.module_calls
}

# Deeper than that nobody reads, and neither does this policy.
deny contains "calls modules more than four storeys deep, where nobody looks for programs" if {
	some one in third
	some called in one.module_calls
	some deeper in called.module.module_calls
	deeper.module
}
