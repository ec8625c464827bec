# METADATA
# scope: package
# title: Caches, indexes and brokers are spoken to over TLS
# description: Their clients send passwords and data; on a shared network that is to be unreadable.
# custom:
#   id: DH-AWS-ENC-002
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Turn on transit_encryption_enabled, node_to_node_encryption, enforce_https, or the broker's
#     TLS.
#   checkov:
#     - CKV_AWS_30
#     - CKV_AWS_31
#     - CKV_AWS_6
#     - CKV_AWS_83
#     - CKV_AWS_228
#     - CKV_AWS_97
package dihedral.aws.transport_encryption

import data.dihedral.lib

switch := {
	"aws_elasticache_replication_group": ["transit_encryption_enabled"],
	"aws_elasticsearch_domain": ["node_to_node_encryption", 0, "enabled"],
	"aws_opensearch_domain": ["node_to_node_encryption", 0, "enabled"],
}

domains := {"aws_elasticsearch_domain", "aws_opensearch_domain"}

deny contains lib.finding(r, "its traffic is not encrypted") if {
	some type, path in switch
	some r in lib.changed[type]
	lib.off(r, path)
}

deny contains lib.finding(r, "answers without TLS") if {
	some type in domains
	some r in lib.changed[type]
	lib.refused(r, ["domain_endpoint_options", 0, "enforce_https"])
}

deny contains lib.finding(r, "takes TLS older than 1.2") if {
	some type in domains
	some r in lib.changed[type]
	lib.text(lib.value(r, ["domain_endpoint_options", 0, "tls_security_policy"])) == "policy-min-tls-1-0-2019-07"
}

warn contains lib.finding(r, "does not ask for TLS 1.2") if {
	some type in domains
	some r in lib.changed[type]
	lib.value(r, ["domain_endpoint_options", 0, "tls_security_policy"]) == null
	not coming(r)
}

coming(r) if {
	lib.unknown(r, ["domain_endpoint_options", 0, "tls_security_policy"])
	not lib.unsaid(r, "domain_endpoint_options")
}

deny contains lib.finding(r, "takes clients without TLS") if {
	some r in lib.changed.aws_msk_cluster
	lib.text(lib.value(r, ["encryption_info", 0, "encryption_in_transit", 0, "client_broker"])) in {"plaintext", "tls_plaintext"}
}

deny contains lib.finding(r, "mounts a file system without TLS") if {
	some r in lib.changed.aws_ecs_task_definition
	some volume in lib.blocks(r, "volume")
	some mount in lib.list(object.get(volume, "efs_volume_configuration", null))
	lib.text(object.get(mount, "transit_encryption", null)) != "enabled"
}
