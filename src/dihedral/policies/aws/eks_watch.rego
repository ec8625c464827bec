# METADATA
# scope: package
# title: A cluster writes its audit log and encrypts its secrets
# description: >-
#   Without the log nobody knows who did what; without the key secrets are only as safe as the
#   disk.
# custom:
#   id: DH-AWS-EKS-002
#   severity: low
#   level: advisory
#   unknown: nothing is said
#   remedy: >-
#     Set enabled_cluster_log_types to at least api, audit and authenticator, and
#     encryption_config for secrets.
#   checkov:
#     - CKV_AWS_37
#     - CKV_AWS_58
package dihedral.aws.eks_watch

import data.dihedral.lib

wanted := {"api", "audit", "authenticator"}

deny contains lib.finding(r, sprintf("does not write: %s", [concat(", ", sort(missing))])) if {
	some r in lib.changed.aws_eks_cluster
	not lib.unknown(r, ["enabled_cluster_log_types"])
	missing := wanted - {one | some one in lib.list(lib.value(r, ["enabled_cluster_log_types"]))}
	count(missing) > 0
}

deny contains lib.finding(r, "its secrets have no key of their own") if {
	some r in lib.changed.aws_eks_cluster
	count(lib.blocks(r, "encryption_config")) == 0
}
