# METADATA
# scope: package
# title: No prefix list holds the whole internet
# description: A rule that names a prefix list looks narrow; the list decides.
# custom:
#   id: DH-AWS-NET-004
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: List the networks that are meant.
package dihedral.aws.prefix_list

import data.dihedral.ingress
import data.dihedral.lib

deny contains lib.finding(r, "the list holds the internet, or a great part of it") if {
	some r in lib.changed.aws_ec2_managed_prefix_list
	some entry in lib.blocks(r, "entry")
	ingress.wide(entry.cidr)
}

deny contains lib.finding(r, "adds the internet, or a great part of it, to a list") if {
	some r in lib.changed.aws_ec2_managed_prefix_list_entry
	ingress.wide(lib.value(r, ["cidr"]))
}
