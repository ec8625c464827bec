# METADATA
# scope: package
# title: The default security group lets nothing through
# description: Whatever is started without a group gets this one.
# custom:
#   id: DH-AWS-NET-005
#   severity: medium
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Manage it as aws_default_security_group without ingress and egress.
#   checkov:
#     - CKV2_AWS_12
package dihedral.aws.default_security_group

import data.dihedral.lib

deny contains lib.finding(r, "the default security group has rules") if {
	some r in lib.changed.aws_default_security_group
	some name in {"ingress", "egress"}
	count(lib.blocks(r, name)) > 0
}

warn contains lib.finding(r, "its default security group is not closed in this configuration") if {
	some r in lib.changed.aws_vpc
	not lib.key(r) in traced
	not loose
}

traced := lib.pointed("aws_default_security_group", "vpc_id")

loose if lib.loose("aws_default_security_group", "vpc_id")
