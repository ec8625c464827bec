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

written := [block | some module in storeys; some block in module.resources]

# Lists, since comparing whole modules, as a set must, takes longer than reading them.
storeys := array.concat([input.plan.configuration.root_module], array.concat(first, array.concat(second, array.concat(third, fourth))))

first := [called.module | some called in input.plan.configuration.root_module.module_calls]

second := [called.module | some module in first; some called in module.module_calls]

third := [called.module | some module in second; some called in module.module_calls]

fourth := [called.module | some module in third; some called in module.module_calls]

# Deeper than that nobody reads, and neither does this policy.
deny contains "calls modules more than four storeys deep, where nobody looks for programs" if {
	some module in fourth
	some called in module.module_calls
	called.module
}
