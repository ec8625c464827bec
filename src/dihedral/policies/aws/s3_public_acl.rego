# METADATA
# scope: package
# title: No bucket or object is open to everyone by its access list
# description: >-
#   An access list that names all users lets anybody on the internet read or write, and object
#   lists are rarely looked at again.
# custom:
#   id: DH-AWS-S3-001
#   severity: critical
#   level: hard-mandatory
#   unknown: asked about (warn)
#   remedy: Take the ACL out (or "private"); publish through CloudFront with origin access control.
#   checkov:
#     - CKV_AWS_20
#     - CKV_AWS_57
#     - CKV2_AWS_43
#     - CKV_AWS_375
package dihedral.aws.s3_public_acl

import data.dihedral.lib

open_lists := {"public-read", "public-read-write", "authenticated-read"}

open_groups := `(?i)groups/global/(AllUsers|AuthenticatedUsers)`

with_list := {"aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy"}

deny contains lib.finding(r, "its access list lets everybody in") if {
	some type in with_list
	some r in lib.changed[type]
	lib.text(lib.value(r, ["acl"])) in open_lists
}

deny contains lib.finding(r, "a grant names all users, or all users of AWS") if {
	some r in lib.changed.aws_s3_bucket
	some grant in lib.blocks(r, "grant")
	is_string(grant.uri)
	regex.match(open_groups, grant.uri)
}

deny contains lib.finding(r, "a grant names all users, or all users of AWS") if {
	some r in lib.changed.aws_s3_bucket_acl
	some control in lib.blocks(r, "access_control_policy")
	some grant in lib.list(object.get(control, "grant", null))
	some grantee in lib.list(object.get(grant, "grantee", null))
	is_string(grantee.uri)
	regex.match(open_groups, grantee.uri)
}

warn contains lib.finding(r, "its access list is only known after apply") if {
	some type in with_list
	some r in lib.changed[type]
	lib.unknown(r, ["acl"])
	lib.block_of(r).expressions.acl
}
