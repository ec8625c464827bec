# METADATA
# scope: package
# title: No machine image or snapshot is given to everybody
# description: >-
#   A public image or snapshot is a copy of a disk, with whatever keys and data lay on it.
# custom:
#   id: DH-AWS-EC2-001
#   severity: critical
#   level: hard-mandatory
#   unknown: not concerned
#   remedy: Share with named accounts.
package dihedral.aws.shared_with_all

import data.dihedral.lib

deny contains lib.finding(r, "gives a machine image to everybody") if {
	some r in lib.changed.aws_ami_launch_permission
	lib.text(lib.value(r, ["group"])) == "all"
}

deny contains lib.finding(r, "gives a snapshot to everybody") if {
	some type in {"aws_db_snapshot", "aws_db_cluster_snapshot"}
	some r in lib.changed[type]
	some one in lib.list(lib.value(r, ["shared_accounts"]))
	lib.text(one) == "all"
}

deny contains lib.finding(r, "gives a document to everybody") if {
	some r in lib.changed.aws_ssm_document
	permissions := lib.value(r, ["permissions"])
	is_object(permissions)
	lib.text(permissions.account_ids) == "all"
}

deny contains lib.finding(r, "takes the block on public snapshots away") if {
	some r in lib.changed.aws_ebs_snapshot_block_public_access
	lib.text(lib.value(r, ["state"])) == "unblocked"
}
