# METADATA
# scope: package
# title: No role may be assumed by everybody
# description: >-
#   A role that trusts "*", or the whole of a provider of identities, belongs to whoever asks
#   first.
# custom:
#   id: DH-AWS-IAM-006
#   severity: critical
#   level: hard-mandatory
#   unknown: documents that nobody can read are asked about by DH-AWS-IAM-011
#   remedy: Name the services, roles or accounts that may assume it.
#   checkov:
#     - CKV_AWS_60
#     - CKV_AWS_61
package dihedral.aws.iam_trust_everyone

import data.dihedral.documents

deny contains {"address": found.address, "msg": "any AWS account may assume this role"} if {
	some found in documents.trust
	documents.everyone(found.statement)
	not named(found.statement)
}

# Only who they are counts here; an address or a secret phrase does not make a stranger a friend.
who := {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn"}

named(statement) if {
	documents.narrowed(statement)
	some condition in statement.conditions
	condition[1] in who
}
