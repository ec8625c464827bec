# METADATA
# scope: package
# title: Disks are encrypted
# description: It costs nothing, and a snapshot that strays is then worthless to whoever finds it.
# custom:
#   id: DH-AWS-EC2-002
#   severity: high
#   level: soft-mandatory
#   unknown: mentioned (warn), since an account may encrypt by default
#   remedy: Set encrypted to true on the volume and in every block device.
#   checkov:
#     - CKV_AWS_3
#     - CKV_AWS_8
#     - CKV2_AWS_2
package dihedral.aws.disk_encryption

import data.dihedral.lib

disks := {"aws_ebs_volume", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import"}

machines := {"aws_instance", "aws_launch_configuration", "aws_spot_instance_request"}

devices := {"root_block_device", "ebs_block_device"}

deny contains lib.finding(r, "is not encrypted") if {
	some type in disks
	some r in lib.changed[type]
	lib.off(r, ["encrypted"])
}

warn contains lib.finding(r, "does not say whether it is encrypted") if {
	some type in disks
	some r in lib.changed[type]
	lib.unknown(r, ["encrypted"])
}

deny contains lib.finding(r, "has a disk that is not encrypted") if {
	some type in machines
	some r in lib.changed[type]
	some name in devices
	some block in lib.blocks(r, name)
	said_no(object.get(block, "encrypted", null))
}

deny contains lib.finding(r, "gives its machines a disk that is not encrypted") if {
	some r in lib.changed.aws_launch_template
	some mapping in lib.blocks(r, "block_device_mappings")
	some disk in lib.list(object.get(mapping, "ebs", null))
	said_no(object.get(disk, "encrypted", null))
}

said_no(x) if {
	x != null
	not x in lib.truths
}

warn contains lib.finding(r, "does not say whether its disks are encrypted") if {
	some type in machines
	some r in lib.changed[type]
	not says(r)
}

says(r) if {
	some block in lib.blocks(r, "root_block_device")
	object.get(block, "encrypted", null) != null
}
