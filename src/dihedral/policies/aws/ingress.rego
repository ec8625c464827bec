# METADATA
# scope: package
# title: Every way into a network, in one shape
# description: >-
#   Inline rules of security groups, separate rules of both kinds, and who they let in. A range that holds
#   at least a hundredth of the internet counts as the internet, so that two halves do not pass.
package dihedral.ingress

import data.dihedral.lib

# {address, ports: [from, to], all: every protocol, world: set of ranges, unsure: set of what is unknown}
ways contains way if {
	some type in {"aws_security_group", "aws_default_security_group"}
	some r in lib.changed[type]
	some i, rule in lib.blocks(r, "ingress")
	way := {
		"address": r.address,
		"part": i,
		"ports": ports(rule),
		"all": every_protocol(rule),
		"icmp": icmp(rule),
		"world": world(array.concat(
			lib.list(object.get(rule, "cidr_blocks", null)),
			lib.list(object.get(rule, "ipv6_cidr_blocks", null)),
		)),
		"unsure": {name | some name in sources | limits; lib.unknown(r, ["ingress", i, name])},
	}
}

ways contains way if {
	some r in lib.changed.aws_security_group
	lib.unknown(r, ["ingress"])
	lib.block_of(r).expressions.ingress
	way := unsure_way(r)
}

ways contains way if {
	some r in lib.changed.aws_security_group_rule
	not lib.text(object.get(r.change.after, "type", "")) == "egress"
	way := {
		"address": r.address,
		"part": 0,
		"ports": ports(r.change.after),
		"all": every_protocol(r.change.after),
		"icmp": icmp(r.change.after),
		"world": world(array.concat(
			lib.list(object.get(r.change.after, "cidr_blocks", null)),
			lib.list(object.get(r.change.after, "ipv6_cidr_blocks", null)),
		)),
		"unsure": {name | some name in sources | limits; lib.unknown(r, [name])},
	}
}

ways contains way if {
	some r in lib.changed.aws_vpc_security_group_ingress_rule
	way := {
		"address": r.address,
		"part": 0,
		"ports": ports(r.change.after),
		"all": every_protocol(r.change.after),
		"icmp": icmp(r.change.after),
		"world": world([object.get(r.change.after, "cidr_ipv4", null), object.get(r.change.after, "cidr_ipv6", null)]),
		"unsure": {name | some name in sources | limits; lib.unknown(r, [name])},
	}
}

unsure_way(r) := {
	"address": r.address,
	"part": 0,
	"ports": [0, 65535],
	"all": true,
	"icmp": false,
	"world": set(),
	"unsure": {"cidr_blocks"},
}

sources := {"cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"}

limits := {"from_port", "to_port", "protocol", "ip_protocol"}

protocol(rule) := lib.text(sprintf("%v", [object.get(rule, "protocol", object.get(rule, "ip_protocol", "-1"))]))

every_protocol(rule) := protocol(rule) in {"-1", "all", "<nil>", "null"}

icmp(rule) := protocol(rule) in {"icmp", "icmpv6", "1", "58"}

# What is unknown could be any port.
ports(rule) := [0, 65535] if every_protocol(rule)

ports(rule) := [low(rule), high(rule)] if not every_protocol(rule)

low(rule) := lib.number(rule.from_port)

low(rule) := 0 if not lib.number(rule.from_port)

high(rule) := lib.number(rule.to_port)

high(rule) := 65535 if not lib.number(rule.to_port)

world(ranges) := {one | some one in ranges; wide(one)}

wide(range) if {
	is_string(range)
	not contains(range, ":")
	lib.number(split(range, "/")[1]) < 8
}

wide(range) if {
	is_string(range)
	contains(range, ":")
	not regex.match(`(?i)^f[cde]`, range)
	lib.number(split(range, "/")[1]) < 19
}

# A port of the list that the way lets through.
lets(way, listed) := {port |
	some port in listed
	not way.icmp
	way.ports[0] <= port
	port <= way.ports[1]
}
