# METADATA
# scope: package
# title: The account asks for good passwords
# description: The password of one person who may sign in is the door of the account.
# custom:
#   id: DH-AWS-IAM-012
#   severity: low
#   level: advisory
#   unknown: nothing is said
#   remedy: At least 14 characters, with small and capital letters, a number and a symbol.
#   checkov:
#     - CKV_AWS_10
#     - CKV_AWS_11
#     - CKV_AWS_12
#     - CKV_AWS_14
#     - CKV_AWS_15
package dihedral.aws.passwords

import data.dihedral.lib

wanted := {
	"require_lowercase_characters", "require_numbers", "require_symbols", "require_uppercase_characters",
}

deny contains lib.finding(r, "takes passwords of fewer than 14 characters") if {
	some r in lib.changed.aws_iam_account_password_policy
	not long_enough(r)
}

long_enough(r) if lib.number(lib.value(r, ["minimum_password_length"])) >= 14

deny contains lib.finding(r, sprintf("does not set %s", [name])) if {
	some r in lib.changed.aws_iam_account_password_policy
	some name in wanted
	not lib.on(r, [name])
	not lib.unknown(r, [name])
}
