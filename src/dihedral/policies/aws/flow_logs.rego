# METADATA
# scope: package
# title: A network writes down who talks to whom
# description: Without flow logs nobody can say afterwards what left.
# custom:
#   id: DH-AWS-NET-007
#   severity: low
#   level: advisory
#   unknown: nothing is said where a log's network cannot be traced
#   remedy: Add an aws_flow_log for the network.
#   checkov:
#     - CKV2_AWS_11
package dihedral.aws.flow_logs

import data.dihedral.lib

deny contains lib.finding(r, "has no flow log in this configuration") if {
	some r in lib.changed.aws_vpc
	not lib.key(r) in traced
	not loose
	not by_id(r)
}

by_id(r) if {
	lib.value(r, ["id"]) in named
}

traced := lib.pointed("aws_flow_log", "vpc_id")

named := lib.named("aws_flow_log", "vpc_id")

loose if lib.loose("aws_flow_log", "vpc_id")
