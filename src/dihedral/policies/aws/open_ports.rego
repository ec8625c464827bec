# METADATA
# scope: package
# title: No port of administration or of a database is open to the internet
# description: >-
#   SSH, remote desktop, databases and control planes are searched for and tried within minutes.
# custom:
#   id: DH-AWS-NET-001
#   severity: critical
#   level: hard-mandatory
#   unknown: a source that is only known after apply is asked about by DH-AWS-NET-002
#   remedy: >-
#     Name the networks that need it, or come in through Session Manager or a VPN. The list is
#     settings.admin_ports.
#   checkov:
#     - CKV_AWS_24
#     - CKV_AWS_25
#     - CKV_AWS_277
package dihedral.aws.open_ports

import data.dihedral.ingress
import data.dihedral.lib

listed := {port | some port in lib.setting("admin_ports")}

deny contains {"address": way.address, "msg": sprintf("lets the internet in on %s", [named(open)])} if {
	some way in ingress.ways
	count(way.world) > 0
	open := ingress.lets(way, listed)
	count(open) > 0
}

named(open) := concat(", ", [sprintf("port %d", [port]) | some port in sort(open)]) if count(open) <= 4

named(open) := sprintf("%d ports of administration and databases", [count(open)]) if count(open) > 4
