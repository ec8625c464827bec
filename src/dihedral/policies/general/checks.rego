# METADATA
# scope: package
# title: The plan's own checks hold
# description: >-
#   Whoever wrote the configuration said what must be true; Terraform only warns about a check
#   that fails.
# custom:
#   id: DH-GEN-010
#   severity: medium
#   level: soft-mandatory
#   unknown: a check that is only known after apply is mentioned (warn)
#   remedy: Mend what the check found, or the check.
package dihedral.general.checks

deny contains {"address": check.address.to_display, "msg": "a check of the configuration fails"} if {
	some check in input.plan.checks
	check.status in {"fail", "error"}
}

deny contains "the plan ended with an error and is not whole" if input.plan.errored == true

warn contains {"address": check.address.to_display, "msg": "a check of the configuration is only decided at apply"} if {
	some check in input.plan.checks
	check.status == "unknown"
}
