# METADATA
# scope: package
# title: No policy lets its holder take more rights on everything
# description: >-
#   These actions, on every resource, turn a small role into an administrator in one or two calls.
# custom:
#   id: DH-AWS-IAM-004
#   severity: critical
#   level: hard-mandatory
#   unknown: an unknown resource is taken as a named one
#   remedy: >-
#     Name the roles, users and policies that it may act on, or add a condition
#     (iam:PassedToService, iam:PermissionsBoundary).
#   checkov:
#     - CKV_AWS_286
#     - CKV_AWS_110
#     - CKV2_AWS_40
#     - CKV_AWS_289
package dihedral.aws.iam_escalation

import data.dihedral.documents

steps := {
	"iam:passrole", "iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:attachuserpolicy",
	"iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putgrouppolicy",
	"iam:putrolepolicy", "iam:addusertogroup", "iam:updateassumerolepolicy", "iam:createaccesskey",
	"iam:createloginprofile", "iam:updateloginprofile", "iam:deleterolepermissionsboundary",
	"iam:deleteuserpermissionsboundary", "sts:assumerole",
}

deny contains {"address": found.address, "msg": sprintf("allows %s on every resource", [concat(", ", sort(taken))])} if {
	some found in documents.identity
	found.statement.effect == "allow"
	wide(found.statement)
	count(found.statement.conditions) == 0
	taken := {step |
		some action in found.statement.actions
		not documents.every_action(action)
		some step in steps
		documents.covers(action, step)
	}
	count(taken) > 0
}

wide(statement) if documents.every_resource(statement)

# All roles of an account are as good as all there are.
wide(statement) if {
	some one in statement.resources
	regex.match(`^arn:[^:]*:iam::[^:]*:((role|user|group|policy)/)?[*?]*\*[*?]*$`, one)
}
