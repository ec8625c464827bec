# METADATA
# scope: package
# title: No access policy lets everybody in
# description: >-
#   A statement that allows the principal "*" without naming who or where opens a bucket, queue,
#   topic, key or secret to every account there is.
# custom:
#   id: DH-AWS-IAM-001
#   severity: critical
#   level: hard-mandatory
#   unknown: documents that nobody can read are asked about by DH-AWS-IAM-011
#   remedy: >-
#     Name the principals, or add a condition on aws:SourceArn, aws:SourceAccount or
#     aws:PrincipalOrgID.
#   checkov:
#     - CKV_AWS_70
#     - CKV_AWS_33
#     - CKV_AWS_283
#     - CKV_AWS_168
#     - CKV_AWS_169
#     - CKV_AWS_32
package dihedral.aws.public_policy

import data.dihedral.documents
import data.dihedral.lib

deny contains {"address": found.address, "msg": "a statement allows everybody, without a condition that names who or where"} if {
	some found in documents.open_to
	documents.everyone(found.statement)
	not documents.narrowed(found.statement)
}

deny contains lib.finding(r, "any account may call this function") if {
	some r in lib.changed.aws_lambda_permission
	lib.value(r, ["principal"]) in {"*", "*.amazonaws.com"}
	not limited(r)
}

limits := {"source_arn", "source_account", "principal_org_id"}

limited(r) if {
	some name in limits
	lib.value(r, [name]) != null
}

limited(r) if {
	some name in limits
	lib.unknown(r, [name])
}

limited(r) if lib.text(lib.value(r, ["function_url_auth_type"])) == "aws_iam"
