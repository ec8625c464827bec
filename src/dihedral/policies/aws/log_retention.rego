# METADATA
# scope: package
# title: Logs have an end
# description: Logs that are never deleted cost more every month, and hold personal data for ever.
# custom:
#   id: DH-AWS-LOG-003
#   severity: low
#   level: advisory
#   unknown: nothing is said
#   remedy: Set retention_in_days.
#   checkov:
#     - CKV_AWS_66
package dihedral.aws.log_retention

import data.dihedral.lib

deny contains lib.finding(r, "keeps its logs for ever") if {
	some r in lib.changed.aws_cloudwatch_log_group
	lib.value(r, ["retention_in_days"]) in {null, 0}
	not lib.unknown(r, ["retention_in_days"])
}
