# METADATA
# scope: package
# title: A role for GitHub's pipelines names the repository
# description: >-
#   GitHub signs tokens for every repository in the world; without a condition on the subject each
#   of them may assume the role.
# custom:
#   id: DH-AWS-IAM-007
#   severity: critical
#   level: hard-mandatory
#   unknown: an unknown subject counts as named
#   remedy: >-
#     Add a condition StringEquals or StringLike on token.actions.githubusercontent.com:sub that
#     starts with repo:ORGANIZATION/REPOSITORY.
#   checkov:
#     - CKV_AWS_393
#     - CKV_AWS_358
package dihedral.aws.iam_trust_github

import data.dihedral.documents

host := "token.actions.githubusercontent.com"

subject := concat("", [host, ":sub"])

deny contains {"address": found.address, "msg": "every repository of GitHub may assume this role"} if {
	some found in documents.trust
	found.statement.effect == "allow"
	some principal in found.statement.principals
	principal[0] == "federated"
	contains(lower(principal[1]), host)
	not subject_named(found.statement)
}

subject_named(statement) if {
	some condition in statement.conditions
	condition[1] == subject
	regex.match(`^(foranyvalue:)?string(equals|like)(ignorecase)?$`, condition[0])
	not loose_subject(statement)
}

loose_subject(statement) if {
	some condition in statement.conditions
	condition[1] == subject
	condition[2] != "(known after apply)"
	not regex.match(`^repo:[A-Za-z0-9_.-]+/.`, condition[2])
}
