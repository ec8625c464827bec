# METADATA
# scope: package
# title: Rights are given to groups and roles, not to single users
# description: Rights that hang on one user are forgotten when the user changes work.
# custom:
#   id: DH-AWS-IAM-010
#   severity: low
#   level: advisory
#   unknown: not concerned
#   remedy: Attach the policy to a group or a role.
#   checkov:
#     - CKV_AWS_40
package dihedral.aws.iam_user_policy

import data.dihedral.lib

deny contains lib.finding(r, "gives rights to a single user") if {
	some type in {"aws_iam_user_policy", "aws_iam_user_policy_attachment"}
	some r in lib.changed[type]
}

deny contains lib.finding(r, "gives rights to single users") if {
	some r in lib.changed.aws_iam_policy_attachment
	count(lib.list(lib.value(r, ["users"]))) > 0
}
