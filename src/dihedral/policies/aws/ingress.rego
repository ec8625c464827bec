# METADATA
# scope: package
# title: Every way into a network, in one shape
# description: >-
#   Inline rules of security groups, separate rules of both kinds, and who they let in. A range that holds
#   at least a hundredth of the internet counts as the internet, so that two halves do not pass.
package dihedral.ingress

import data.dihedral.lib

# {address, ports: [from, to], all: every protocol, icmp, world: set of ranges, unsure: what is unknown}
# Only those that let the internet in, or may do so.
ways := array.concat(inline, array.concat(separate, whole))

inline := [way(r, i, rule, world, unsure) |
	some type in {"aws_security_group", "aws_default_security_group"}
	some r in lib.changed[type]
	some i, rule in lib.blocks(r, "ingress")
	world := who(rule)
	unsure := unknown_of(object.get(r.change, ["after_unknown", "ingress", i], {}))
	count(world) + count(unsure) > 0
]

separate := [way(r, 0, r.change.after, world, unsure) |
	some type in {"aws_security_group_rule", "aws_vpc_security_group_ingress_rule"}
	some r in lib.changed[type]
	not outward(r)
	world := who(r.change.after)
	unsure := unknown_of(object.get(r.change, "after_unknown", {}))
	count(world) + count(unsure) > 0
]

outward(r) if lib.text(object.get(r.change.after, "type", null)) == "egress"

# All rules of a group are only known after apply, and somebody wrote them.
whole := [found |
	some r in lib.changed.aws_security_group
	lib.unknown(r, ["ingress"])
	lib.block_of(r).expressions.ingress
	found := {
		"address": r.address,
		"part": 0,
		"ports": [0, 65535],
		"all": true,
		"icmp": false,
		"world": set(),
		"unsure": {"cidr_blocks"},
	}
]

way(r, part, rule, world, unsure) := {
	"address": r.address,
	"part": part,
	"ports": ports(rule),
	"all": every_protocol(rule),
	"icmp": icmp(rule),
	"world": world,
	"unsure": unsure,
}

# The ranges of a rule that are the internet, or a great part of it.
who(rule) := {range |
	some name in sources
	some range in lib.list(rule[name])
	wide(range)
}

unknown_of(marks) := {name | some name, mark in marks; name in sources; hidden(mark)} if is_object(marks)

unknown_of(marks) := {"cidr_blocks" | marks == true} if not is_object(marks)

# A list of which one member is unknown is not known.
hidden(mark) if mark == true

hidden(mark) if {
	some one in lib.list(mark)
	one == true
}

sources := {"cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"}

protocol(rule) := lib.text(sprintf("%v", [object.get(rule, "protocol", object.get(rule, "ip_protocol", "-1"))]))

every_protocol(rule) := protocol(rule) in {"-1", "all", "<nil>", "null"}

icmp(rule) := protocol(rule) in {"icmp", "icmpv6", "1", "58"}

# What is unknown could be any port.
ports(rule) := [0, 65535] if every_protocol(rule)

ports(rule) := [low(rule), high(rule)] if not every_protocol(rule)

low(rule) := lib.number(object.get(rule, "from_port", null))

low(rule) := 0 if not lib.number(object.get(rule, "from_port", null))

high(rule) := lib.number(object.get(rule, "to_port", null))

high(rule) := 65535 if not lib.number(object.get(rule, "to_port", null))

wide(range) if {
	is_string(range)
	bits := trim_left(split(range, "/")[1], "0")
	bits in few
	far(range, bits)
}

# Up to 7 bits of four bytes, up to 18 bits of sixteen.
few := {"", "1", "2", "3", "4", "5", "6", "7"} | {sprintf("%d", [bits]) | some bits in numbers.range(8, 18)}

far(range, bits) if {
	not contains(range, ":")
	count(bits) < 2
	not bits in {"8", "9"}
}

far(range, _) if {
	contains(range, ":")
	not regex.match(`(?i)^f[cde]`, range)
}

# A port of the list that the way lets through.
lets(way, listed) := {port |
	some port in listed
	not way.icmp
	way.ports[0] <= port
	port <= way.ports[1]
}
