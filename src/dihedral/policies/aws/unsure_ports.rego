# METADATA
# scope: package
# title: Who may come in to a port of administration is known before apply
# description: A source that is only known after apply could be the whole internet.
# custom:
#   id: DH-AWS-NET-002
#   severity: medium
#   level: soft-mandatory
#   unknown: this policy is about nothing else
#   remedy: >-
#     Write the range in the configuration, refer to a security group, or say that the port is not
#     one of administration.
package dihedral.aws.unsure_ports

import data.dihedral.ingress
import data.dihedral.lib

listed := {port | some port in lib.setting("admin_ports")}

deny contains {"address": way.address, "msg": "who may come in to a port of administration is only known after apply"} if {
	some way in ingress.ways
	count(way.unsure) > 0
	count(ingress.lets(way, listed)) > 0
	not inside(way)
}

# A reference to a network of this configuration is an inner range.
inside(way) if {
	some type in {"aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule"}
	some r in lib.changed[type]
	r.address == way.address
	some name in ingress.sources | {"ingress"}
	some key in lib.targets(r, name)
	some network in {"aws_vpc.", "aws_subnet.", "aws_default_vpc.", "aws_vpc_ipv4_cidr_block_association."}
	startswith(split(key, "|")[1], network)
}
