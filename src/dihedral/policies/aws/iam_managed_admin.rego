# METADATA
# scope: package
# title: Nobody is given AWS's administrator policies
# description: >-
#   The managed policies for administrators allow everything, or whatever leads to everything.
# custom:
#   id: DH-AWS-IAM-008
#   severity: critical
#   level: hard-mandatory
#   unknown: asked about (warn)
#   remedy: Attach a policy that lists what is used.
#   checkov:
#     - CKV_AWS_274
#     - CKV2_AWS_56
package dihedral.aws.iam_managed_admin

import data.dihedral.lib

too_much := `(?i):policy/(AdministratorAccess|IAMFullAccess|AWSOrganizationsFullAccess|PowerUserAccess)$`

attribute := {
	"aws_iam_role_policy_attachment": "policy_arn",
	"aws_iam_user_policy_attachment": "policy_arn",
	"aws_iam_group_policy_attachment": "policy_arn",
	"aws_iam_policy_attachment": "policy_arn",
	"aws_ssoadmin_managed_policy_attachment": "managed_policy_arn",
	"aws_iam_role": "managed_policy_arns",
	"aws_iam_role_policy_attachments_exclusive": "policy_arns",
	"aws_iam_user_policy_attachments_exclusive": "policy_arns",
	"aws_iam_group_policy_attachments_exclusive": "policy_arns",
}

deny contains lib.finding(r, "attaches a policy that allows everything") if {
	some type, name in attribute
	some r in lib.changed[type]
	some arn in lib.list(lib.value(r, [name]))
	is_string(arn)
	regex.match(too_much, arn)
}

# A policy of this very plan is judged where it stands.
warn contains lib.finding(r, "which policy it attaches is only known after apply") if {
	some type, name in attribute
	type != "aws_iam_role"
	some r in lib.changed[type]
	lib.unknown(r, [name])
	not from_here(r, name)
}

from_here(r, name) if count(lib.targets(r, name)) > 0
