package dihedral.aws.network_test

import data.dihedral.aws.default_network
import data.dihedral.aws.default_security_group
import data.dihedral.aws.flow_logs
import data.dihedral.aws.network_acl
import data.dihedral.aws.open_ports
import data.dihedral.aws.prefix_list
import data.dihedral.aws.public_address
import data.dihedral.aws.unsure_ports
import data.dihedral.aws.wide_ports
import data.dihedral.testing

listed := {"admin_ports": [22, 3389, 5432]}

rule(after) := testing.one("aws_vpc_security_group_ingress_rule", after)

ssh := {"ip_protocol": "tcp", "from_port": 22, "to_port": 22}

test_ssh_from_the_internet_is_denied_in_every_kind_of_rule if {
	count(open_ports.deny) == 1 with input as rule(object.union(ssh, {"cidr_ipv4": "0.0.0.0/0"})) with data.settings as listed
	count(open_ports.deny) == 1 with input as rule(object.union(ssh, {"cidr_ipv6": "::/0"})) with data.settings as listed
	classic := {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"]}
	count(open_ports.deny) == 1 with input as testing.one("aws_security_group_rule", classic) with data.settings as listed
	inline := {"ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": []}]}
	count(open_ports.deny) == 1 with input as testing.one("aws_security_group", inline) with data.settings as listed
	count(open_ports.deny) == 1 with input as testing.one("aws_default_security_group", inline) with data.settings as listed
}

test_the_internet_is_known_however_it_is_written if {
	every range in ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "64.0.0.0/2", "1.2.3.4/0"] {
		count(open_ports.deny) == 1 with input as rule(object.union(ssh, {"cidr_ipv4": range})) with data.settings as listed
	}
	every range in ["::/0", "0::0/0", "2000::/3", "8000::/1", "0000:0000::/00"] {
		count(open_ports.deny) == 1 with input as rule(object.union(ssh, {"cidr_ipv6": range})) with data.settings as listed
	}
}

test_inner_ranges_pass if {
	every range in ["10.0.0.0/8", "192.168.0.0/16", "203.0.113.7/32"] {
		count(open_ports.deny) == 0 with input as rule(object.union(ssh, {"cidr_ipv4": range})) with data.settings as listed
	}
	count(open_ports.deny) == 0 with input as rule(object.union(ssh, {"cidr_ipv6": "fd00::/8"})) with data.settings as listed
}

world(after) := rule(object.union(after, {"cidr_ipv4": "0.0.0.0/0"}))

test_ranges_text_and_all_protocols_are_ports_too if {
	every after in [
		{"ip_protocol": "tcp", "from_port": 0, "to_port": 65535},
		{"ip_protocol": "tcp", "from_port": "20", "to_port": "25"},
		{"ip_protocol": "6", "from_port": 22, "to_port": 22},
		{"ip_protocol": "-1", "from_port": null, "to_port": null},
		{"ip_protocol": "-1", "from_port": 443, "to_port": 443},
		{"ip_protocol": "ALL"},
		{"ip_protocol": -1},
		{"ip_protocol": "tcp", "to_port": 22},
		{"ip_protocol": "TCP", "from_port": 22},
	] {
		count(open_ports.deny) == 1 with input as world(after) with data.settings as listed
	}
}

test_web_and_ping_pass if {
	count(open_ports.deny) == 0 with input as world({"ip_protocol": "tcp", "from_port": 443, "to_port": 443}) with data.settings as listed
	count(open_ports.deny) == 0 with input as world({"ip_protocol": "icmp", "from_port": -1, "to_port": -1}) with data.settings as listed
	outward := {"type": "egress", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
	count(open_ports.deny) == 0 with input as testing.one("aws_security_group_rule", outward) with data.settings as listed
}

test_wide_ranges_are_asked_about if {
	count(wide_ports.deny) == 1 with input as world({"ip_protocol": "tcp", "from_port": 8000, "to_port": 9000})
	count(wide_ports.deny) == 0 with input as world({"ip_protocol": "tcp", "from_port": 8000, "to_port": 8010})
	count(wide_ports.deny) == 0 with input as rule({"ip_protocol": "tcp", "from_port": 8000, "to_port": 9000, "cidr_ipv4": "10.0.0.0/16"})
}

unknown_source(references) := testing.traced(
	[testing.unsure("aws_vpc_security_group_ingress_rule", "this", ssh, {"cidr_ipv4": true})],
	[testing.block("aws_vpc_security_group_ingress_rule", "this", {"cidr_ipv4": {"references": references}})],
)

test_an_unknown_source_is_asked_about if {
	count(unsure_ports.deny) == 1 with input as unknown_source(["random_id.x.hex"]) with data.settings as listed
	count(unsure_ports.deny) == 0 with input as unknown_source(["aws_vpc.main.cidr_block", "aws_vpc.main"]) with data.settings as listed
	count(unsure_ports.deny) == 0 with input as rule(object.union(ssh, {"cidr_ipv4": "10.0.0.0/8"})) with data.settings as listed
}

test_a_list_with_one_unknown_range_is_asked_about if {
	classic := {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.0.0/8", null]}
	change := testing.unsure("aws_security_group_rule", "this", classic, {"cidr_blocks": [false, true]})
	count(unsure_ports.deny) == 1 with input as testing.plan([change]) with data.settings as listed
	inline := testing.unsure("aws_security_group", "this", {"ingress": [classic]}, {"ingress": [{"cidr_blocks": [false, true]}]})
	count(unsure_ports.deny) == 1 with input as testing.plan([inline]) with data.settings as listed
}

test_a_prefix_list_with_the_internet_is_asked_about if {
	count(prefix_list.deny) == 1 with input as testing.one("aws_ec2_managed_prefix_list", {"entry": [{"cidr": "10.0.0.0/8"}, {"cidr": "0.0.0.0/0"}]})
	count(prefix_list.deny) == 1 with input as testing.one("aws_ec2_managed_prefix_list_entry", {"cidr": "::/0"})
	count(prefix_list.deny) == 0 with input as testing.one("aws_ec2_managed_prefix_list", {"entry": [{"cidr": "10.0.0.0/8"}]})
}

test_rules_in_the_default_group_are_asked_about if {
	count(default_security_group.deny) == 1 with input as testing.one("aws_default_security_group", {"ingress": [{"protocol": "-1", "self": true}], "egress": []})
	count(default_security_group.deny) == 0 with input as testing.one("aws_default_security_group", {"ingress": [], "egress": []})
}

test_a_network_that_leaves_its_default_group_open_is_told_of if {
	network := testing.unsure("aws_vpc", "this", {"cidr_block": "10.0.0.0/16"}, {"id": true})
	closed := testing.unsure("aws_default_security_group", "this", {"ingress": []}, {"vpc_id": true})
	pointing := testing.block("aws_default_security_group", "this", {"vpc_id": {"references": ["aws_vpc.this.id", "aws_vpc.this"]}})
	count(default_security_group.warn) == 1 with input as testing.plan([network])
	count(default_security_group.warn) == 0 with input as testing.traced([network, closed], [pointing])
}

test_an_access_list_that_lets_ssh_in_is_told_of if {
	open := {"egress": false, "rule_action": "allow", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_block": "0.0.0.0/0"}
	count(network_acl.deny) == 1 with input as testing.one("aws_network_acl_rule", open)
	count(network_acl.deny) == 0 with input as testing.one("aws_network_acl_rule", object.union(open, {"rule_action": "deny"}))
	count(network_acl.deny) == 0 with input as testing.one("aws_network_acl_rule", object.union(open, {"egress": true}))
	count(network_acl.deny) == 1 with input as testing.one("aws_network_acl", {"ingress": [{"action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_block": "0.0.0.0/0"}]})
}

test_a_network_without_flow_logs_is_told_of if {
	network := testing.unsure("aws_vpc", "this", {}, {"id": true})
	log := testing.unsure("aws_flow_log", "this", {}, {"vpc_id": true})
	pointing := testing.block("aws_flow_log", "this", {"vpc_id": {"references": ["aws_vpc.this.id", "aws_vpc.this"]}})
	count(flow_logs.deny) == 1 with input as testing.plan([network])
	count(flow_logs.deny) == 0 with input as testing.traced([network, log], [pointing])
}

test_public_addresses_are_asked_about if {
	count(public_address.deny) == 1 with input as testing.one("aws_instance", {"associate_public_ip_address": true})
	count(public_address.deny) == 1 with input as testing.one("aws_launch_template", {"network_interfaces": [{"associate_public_ip_address": "true"}]})
	count(public_address.deny) == 1 with input as testing.one("aws_ecs_service", {"network_configuration": [{"assign_public_ip": true}]})
	count(public_address.warn) == 1 with input as testing.one("aws_subnet", {"map_public_ip_on_launch": true})
	count(public_address.deny) == 0 with input as testing.one("aws_instance", {"associate_public_ip_address": false})
}

test_the_default_network_is_told_of if {
	count(default_network.deny) == 1 with input as testing.one("aws_default_vpc", {})
	count(default_network.deny) == 0 with input as testing.one("aws_vpc", {})
}
