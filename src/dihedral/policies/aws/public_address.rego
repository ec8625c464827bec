# METADATA
# scope: package
# title: No machine gets a public address by itself
# description: A public address puts every forgotten port one mistake away from the internet.
# custom:
#   id: DH-AWS-NET-008
#   severity: medium
#   level: soft-mandatory
#   unknown: asked about where the configuration sets it (warn)
#   remedy: >-
#     Use a private subnet and a load balancer or NAT; set associate_public_ip_address to false.
#   checkov:
#     - CKV_AWS_88
#     - CKV_AWS_130
#     - CKV_AWS_333
#     - CKV_AWS_389
package dihedral.aws.public_address

import data.dihedral.lib

deny contains lib.finding(r, "gets a public address") if {
	some type in {"aws_instance", "aws_launch_configuration", "aws_spot_instance_request"}
	some r in lib.changed[type]
	lib.on(r, ["associate_public_ip_address"])
}

deny contains lib.finding(r, "gives its machines public addresses") if {
	some r in lib.changed.aws_launch_template
	some card in lib.blocks(r, "network_interfaces")
	object.get(card, "associate_public_ip_address", null) in lib.truths
}

deny contains lib.finding(r, "gives its containers public addresses") if {
	some r in lib.changed.aws_ecs_service
	some network in lib.blocks(r, "network_configuration")
	object.get(network, "assign_public_ip", null) in lib.truths
}

warn contains lib.finding(r, "gives every machine in it a public address") if {
	some r in lib.changed.aws_subnet
	lib.on(r, ["map_public_ip_on_launch"])
}

warn contains lib.finding(r, "whether it gets a public address is only known after apply") if {
	some r in lib.changed.aws_instance
	lib.unknown(r, ["associate_public_ip_address"])
	lib.block_of(r).expressions.associate_public_ip_address
}
