# METADATA
# scope: package
# title: No policy allows a whole service on every resource
# description: >-
#   A wildcard grows with each feature that AWS adds, and on every resource nothing limits it.
# custom:
#   id: DH-AWS-IAM-003
#   severity: high
#   level: soft-mandatory
#   unknown: an unknown resource is taken as a named one
#   remedy: List the actions that are used, or name the resources.
#   checkov:
#     - CKV_AWS_288
#     - CKV_AWS_289
#     - CKV_AWS_290
#     - CKV_AWS_108
#     - CKV_AWS_109
#     - CKV_AWS_111
#     - CKV_AWS_287
#     - CKV_AWS_107
package dihedral.aws.iam_service_wide

import data.dihedral.documents

deny contains {"address": found.address, "msg": sprintf("allows all of %s on every resource", [service])} if {
	some found in documents.identity
	found.statement.effect == "allow"
	some action in found.statement.actions
	regex.match(`^[a-z0-9-]+:\*+$`, action)
	service := split(action, ":")[0]
	documents.every_resource(found.statement)
	not documents.narrowed(found.statement)
}
