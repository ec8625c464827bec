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
#     - CKV_AWS_286
#     - CKV_AWS_287
#     - CKV_AWS_288
#     - CKV_AWS_289
#     - CKV_AWS_290
package dihedral.aws.iam_admin

import data.dihedral.documents

deny contains {"address": found.address, "msg": "allows every action on everything"} if {
	some found in all
	wide(found.statement)
}

warn contains {"address": found.address, "msg": "allows every action on what it names"} if {
	some found in all
	not wide(found.statement)
}

all contains found if {
	some found in documents.identity
	found.statement.effect == "allow"
	some action in found.statement.actions
	documents.every_action(action)
}

wide(statement) if documents.every_resource(statement)

# What it names is only known after apply.
wide(statement) if count(statement.resources) == 0
