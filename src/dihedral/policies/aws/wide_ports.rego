# METADATA
# scope: package
# title: The internet is let in on named ports only
# description: A wide range opens what nobody thought of, today or when the next program starts.
# custom:
#   id: DH-AWS-NET-003
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Open the ports that are served, one rule each.
package dihedral.aws.wide_ports

import data.dihedral.ingress

deny contains {"address": way.address, "msg": sprintf("opens %d ports to the internet", [open])} if {
	some way in ingress.ways
	count(way.world) > 0
	not way.icmp
	open := (way.ports[1] - way.ports[0]) + 1
	open > 100
}
