# METADATA
# scope: package
# title: A network's access list does not let the internet in on ports of administration
# description: It is the second wall, for the day when a security group is wrong.
# custom:
#   id: DH-AWS-NET-006
#   severity: medium
#   level: advisory
#   unknown: not concerned
#   remedy: Allow the ports that are served and the return ports (1024-65535) only.
#   checkov:
#     - CKV_AWS_229
#     - CKV_AWS_230
#     - CKV_AWS_231
#     - CKV_AWS_232
package dihedral.aws.network_acl

import data.dihedral.ingress
import data.dihedral.lib

listed := {22, 3389}

deny contains lib.finding(r, "lets the internet in on ports of administration") if {
	some r in lib.changed.aws_network_acl_rule
	not lib.on(r, ["egress"])
	opens(r.change.after, lib.text(lib.value(r, ["rule_action"])))
}

deny contains lib.finding(r, "lets the internet in on ports of administration") if {
	some type in {"aws_network_acl", "aws_default_network_acl"}
	some r in lib.changed[type]
	some rule in lib.blocks(r, "ingress")
	opens(rule, lib.text(object.get(rule, "action", "")))
}

opens(rule, action) if {
	action == "allow"
	some name in {"cidr_block", "ipv6_cidr_block"}
	ingress.wide(object.get(rule, name, null))
	every_port_or_listed(rule)
}

every_port_or_listed(rule) if ingress.every_protocol(rule)

every_port_or_listed(rule) if {
	not ingress.every_protocol(rule)
	not ingress.icmp(rule)
	some port in listed
	ingress.low(rule) <= port
	port <= ingress.high(rule)
}
