# METADATA
# scope: package
# title: Only the accounts that you know are let in
# description: A trusted account is trusted with all who work there, now and later.
# custom:
#   id: DH-AWS-ORG-001
#   severity: high
#   level: hard-mandatory
#   unknown: an account that is only known after apply is not foreign
#   remedy: >-
#     Take the account out, or add it to settings.allowed_accounts. An empty list enforces
#     nothing.
package dihedral.aws.foreign_accounts

import data.dihedral.documents
import data.dihedral.lib

allowed := {sprintf("%v", [one]) | some one in lib.setting("allowed_accounts")}

everywhere := array.concat(documents.open_to, documents.trust)

deny contains {"address": found.address, "msg": sprintf("lets account %s in, which is not on the list of allowed accounts", [account])} if {
	count(allowed) > 0
	some found in everywhere
	found.statement.effect == "allow"
	some principal in found.statement.principals
	some account in regex.find_n(`[0-9]{12}`, principal[1], 1)
	not account in allowed
}

deny contains {"address": sprintf("provider.%s", [name]), "msg": "works in an account that is not on the list of allowed accounts"} if {
	count(allowed) > 0
	some name, provider in input.plan.configuration.provider_config
	some role in lib.list(object.get(provider.expressions, "assume_role", null))
	arn := role.role_arn.constant_value
	some account in regex.find_n(`[0-9]{12}`, arn, 1)
	not account in allowed
}

deny contains lib.finding(r, "shares with an account that is not on the list of allowed accounts") if {
	count(allowed) > 0
	some type, name in shares
	some r in lib.changed[type]
	some one in lib.list(lib.value(r, [name]))
	account := sprintf("%v", [one])
	regex.match(`^[0-9]{12}$`, account)
	not account in allowed
}

shares := {
	"aws_ami_launch_permission": "account_id",
	"aws_snapshot_create_volume_permission": "account_id",
	"aws_ram_principal_association": "principal",
	"aws_db_snapshot": "shared_accounts",
	"aws_lambda_permission": "principal",
	"aws_vpc_peering_connection": "peer_owner_id",
}
