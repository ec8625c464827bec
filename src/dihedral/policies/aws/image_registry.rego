# METADATA
# scope: package
# title: Images are searched for holes, and a tag always means the same image
# description: A tag that moves lets somebody replace what was tested with what was not.
# custom:
#   id: DH-AWS-ECR-001
#   severity: low
#   level: advisory
#   unknown: nothing is said
#   remedy: Set image_tag_mutability to IMMUTABLE and scan_on_push to true.
#   checkov:
#     - CKV_AWS_51
#     - CKV_AWS_163
package dihedral.aws.image_registry

import data.dihedral.lib

deny contains lib.finding(r, "its tags can be moved") if {
	some r in lib.changed.aws_ecr_repository
	not startswith(lib.text(lib.value(r, ["image_tag_mutability"])), "immutable")
}

deny contains lib.finding(r, "its images are not searched when they arrive") if {
	some r in lib.changed.aws_ecr_repository
	lib.off(r, ["image_scanning_configuration", 0, "scan_on_push"])
}
