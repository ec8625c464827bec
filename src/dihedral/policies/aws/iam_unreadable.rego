# METADATA
# scope: package
# title: A policy that nobody can read before apply is asked about
# description: >-
#   Text that is put together from values known only after apply could allow anything; it is
#   neither fine nor wrong, so a person looks at the source.
# custom:
#   id: DH-AWS-IAM-011
#   severity: medium
#   level: soft-mandatory
#   unknown: this policy is about nothing else
#   remedy: >-
#     Write the policy as data "aws_iam_policy_document" (its statements are read even where an
#     ARN is unknown), or build ARNs from names.
package dihedral.aws.iam_unreadable

import data.dihedral.documents

deny contains {"address": found.address, "msg": sprintf("%s is only known after apply and cannot be judged", [found.attribute])} if {
	some found in documents.unreadable
}
