# METADATA
# scope: package
# title: No statement allows all but a few
# description: >-
#   NotAction and NotResource allow whatever is not listed, with everything that AWS will add.
# custom:
#   id: DH-AWS-IAM-005
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Turn it round; list what is allowed, or use NotAction only with Deny.
package dihedral.aws.iam_all_but

import data.dihedral.documents

everywhere := array.concat(documents.identity, documents.open_to)

deny contains {"address": found.address, "msg": "allows all actions but those listed"} if {
	some found in everywhere
	found.statement.effect == "allow"
	count(found.statement.not_actions) > 0
}

deny contains {"address": found.address, "msg": "allows all resources but those listed"} if {
	some found in everywhere
	found.statement.effect == "allow"
	count(found.statement.not_resources) > 0
}
