# METADATA
# scope: package
# title: Keys are renewed every year
# description: >-
#   Rotation is free, changes nothing for those who use the key, and limits what a leaked one
#   opens.
# custom:
#   id: DH-AWS-KMS-001
#   severity: low
#   level: advisory
#   unknown: nothing is said
#   remedy: Set enable_key_rotation to true.
#   checkov:
#     - CKV_AWS_7
package dihedral.aws.key_rotation

import data.dihedral.lib

deny contains lib.finding(r, "is never renewed") if {
	some r in lib.changed.aws_kms_key
	lib.off(r, ["enable_key_rotation"])
	lib.text(lib.value(r, ["customer_master_key_spec"])) in {"", "symmetric_default"}
	lib.text(lib.value(r, ["key_usage"])) in {"", "encrypt_decrypt"}
}

deny contains lib.finding(r, "is turned off; what it encrypts can no longer be read") if {
	some r in lib.changed.aws_kms_key
	lib.refused(r, ["is_enabled"])
}
