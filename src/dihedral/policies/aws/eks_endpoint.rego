# METADATA
# scope: package
# title: A cluster's control plane is not open to the whole internet
# description: Anybody may then try tokens and unpatched holes on it.
# custom:
#   id: DH-AWS-EKS-001
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Set endpoint_public_access to false, or public_access_cidrs to the networks that need it.
#   checkov:
#     - CKV_AWS_38
#     - CKV_AWS_39
#     - CKV_AWS_100
package dihedral.aws.eks_endpoint

import data.dihedral.ingress
import data.dihedral.lib

deny contains lib.finding(r, "its control plane is open to the internet") if {
	some r in lib.changed.aws_eks_cluster
	some network in lib.blocks(r, "vpc_config")
	not object.get(network, "endpoint_public_access", true) in {false, "false"}
	open(network)
}

# Said or left out, it is the same: the default is everybody.
open(network) if {
	some range in lib.list(object.get(network, "public_access_cidrs", null))
	ingress.wide(range)
}

open(network) if count(lib.list(object.get(network, "public_access_cidrs", null))) == 0

deny contains lib.finding(r, "its machines take SSH from everywhere") if {
	some r in lib.changed.aws_eks_node_group
	some access in lib.blocks(r, "remote_access")
	object.get(access, "ec2_ssh_key", null) != null
	count(lib.list(object.get(access, "source_security_group_ids", null))) == 0
	not lib.unknown(r, ["remote_access", 0, "source_security_group_ids"])
}
