# METADATA
# scope: package
# title: Nothing is built in AWS's default network
# description: Its subnets are public and shared by everything that nobody placed.
# custom:
#   id: DH-AWS-NET-009
#   severity: low
#   level: advisory
#   unknown: not concerned
#   remedy: Make a network of your own.
#   checkov:
#     - CKV_AWS_148
package dihedral.aws.default_network

import data.dihedral.lib

deny contains lib.finding(r, "takes over AWS's default network") if {
	some type in {"aws_default_vpc", "aws_default_subnet"}
	some r in lib.changed[type]
}
