# METADATA
# scope: package
# title: No policy allows every action on everything
# description: Whoever holds it owns the account, and so does whoever breaks in.
# custom:
#   id: DH-AWS-IAM-002
#   severity: critical
#   level: hard-mandatory
#   unknown: an unknown resource counts as everything only where the action is every action
#   remedy: List the actions that are used, and the ARNs that they are used on.
#   checkov:
#     - CKV_AWS_62
#     - CKV_AWS_63
#     - CKV2_AWS_40
#     - CKV_AWS_1
#     - CKV_AWS_49
package dihedral.aws.iam_admin

import data.dihedral.documents

deny contains {"address": found.address, "msg": "allows every action"} if {
	some found in documents.identity
	found.statement.effect == "allow"
	some action in found.statement.actions
	documents.every_action(action)
}
