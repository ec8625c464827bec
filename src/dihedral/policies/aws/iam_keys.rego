# METADATA
# scope: package
# title: No long-lived access keys
# description: A key that never ends is copied, kept and found; its secret also lies in the state.
# custom:
#   id: DH-AWS-IAM-009
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: >-
#     Use a role (instance profile, IRSA, GitHub OIDC, IAM Identity Center) in place of a user
#     with a key.
#   checkov:
#     - CKV_AWS_273
package dihedral.aws.iam_keys

import data.dihedral.lib

deny contains lib.finding(r, "makes an access key without an end") if some r in lib.changed.aws_iam_access_key

deny contains lib.finding(r, "gives a user a password for the console") if some r in lib.changed.aws_iam_user_login_profile

warn contains lib.finding(r, "is a user of IAM; people belong in IAM Identity Center, programs in roles") if {
	some r in lib.changed.aws_iam_user
}
