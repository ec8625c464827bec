package dihedral.aws.s3_test

import data.dihedral.aws.s3_public_access_block
import data.dihedral.aws.s3_public_acl
import data.dihedral.aws.s3_versioning
import data.dihedral.aws.s3_without_block
import data.dihedral.testing

test_a_public_list_is_denied if {
	some acl in {"public-read", "public-read-write", "authenticated-read", "Public-Read"}
	count(s3_public_acl.deny) == 1 with input as testing.one("aws_s3_bucket_acl", {"acl": acl})
}

test_every_public_list_is_denied if {
	every acl in ["public-read", "public-read-write", "authenticated-read", "Public-Read"] {
		count(s3_public_acl.deny) == 1 with input as testing.one("aws_s3_bucket", {"acl": acl})
	}
}

test_a_private_list_passes if {
	count(s3_public_acl.deny) == 0 with input as testing.one("aws_s3_bucket_acl", {"acl": "private"})
}

test_a_grant_to_all_users_is_denied if {
	count(s3_public_acl.deny) == 1 with input as testing.one("aws_s3_bucket", {"grant": [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers", "permissions": ["READ"]}]})
	count(s3_public_acl.deny) == 1 with input as testing.one("aws_s3_bucket_acl", {"access_control_policy": [{"grant": [{"grantee": [{"uri": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}]}]}]})
}

test_a_grant_to_log_delivery_passes if {
	count(s3_public_acl.deny) == 0 with input as testing.one("aws_s3_bucket", {"grant": [{"uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}]})
}

test_a_list_that_is_unknown_is_mentioned if {
	count(s3_public_acl.warn) == 1 with input as testing.traced(
		[testing.unsure("aws_s3_bucket_acl", "this", {}, {"acl": true})],
		[testing.block("aws_s3_bucket_acl", "this", {"acl": {"references": ["random_pet.x.id"]}})],
	)
}

closed := {"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true}

test_a_closed_block_passes if {
	count(s3_public_access_block.deny) == 0 with input as testing.one("aws_s3_bucket_public_access_block", closed)
}

test_each_open_switch_is_denied if {
	every name in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] {
		after := object.union(closed, {name: false})
		count(s3_public_access_block.deny) == 1 with input as testing.one("aws_s3_bucket_public_access_block", after)
	}
}

test_a_switch_left_out_is_denied if {
	count(s3_public_access_block.deny) == 1 with input as testing.one("aws_s3_account_public_access_block", {"block_public_acls": true})
}

test_an_unknown_switch_is_mentioned if {
	after := object.remove(closed, {"block_public_policy"})
	change := testing.unsure("aws_s3_bucket_public_access_block", "this", after, {"block_public_policy": true})
	count(s3_public_access_block.deny) == 0 with input as testing.plan([change])
	count(s3_public_access_block.warn) == 1 with input as testing.plan([change])
}

test_a_block_that_goes_while_its_bucket_stays_is_denied if {
	block := testing.remove("aws_s3_bucket_public_access_block", "this", {"bucket": "b"})
	count(s3_public_access_block.deny) == 1 with input as testing.plan([block])
	bucket := testing.remove("aws_s3_bucket", "this", {"id": "b"})
	count(s3_public_access_block.deny) == 0 with input as testing.plan([block, bucket])
}

bucket := testing.unsure("aws_s3_bucket", "this", {"force_destroy": false}, {"id": true})

belonging(type) := testing.unsure(type, "this", object.union(closed, {"versioning_configuration": [{"status": "Enabled"}]}), {"bucket": true})

blocks(type) := [
	testing.block("aws_s3_bucket", "this", {}),
	testing.block(type, "this", {"bucket": {"references": ["aws_s3_bucket.this.id", "aws_s3_bucket.this"]}}),
]

test_a_bucket_alone_is_told_of if {
	count(s3_without_block.deny) == 1 with input as testing.traced([bucket], [testing.block("aws_s3_bucket", "this", {})])
	count(s3_versioning.deny) == 1 with input as testing.traced([bucket], [testing.block("aws_s3_bucket", "this", {})])
}

test_a_bucket_is_found_by_reference if {
	kind := "aws_s3_bucket_public_access_block"
	count(s3_without_block.deny) == 0 with input as testing.traced([bucket, belonging(kind)], blocks(kind))
	count(s3_versioning.deny) == 0 with input as testing.traced([bucket, belonging("aws_s3_bucket_versioning")], blocks("aws_s3_bucket_versioning"))
}

test_a_bucket_is_found_by_name if {
	named := testing.make("aws_s3_bucket", "this", {"bucket": "orders"})
	block := testing.keep("aws_s3_bucket_public_access_block", "this", {"bucket": "orders"})
	other := testing.keep("aws_s3_bucket_public_access_block", "this", {"bucket": "bills"})
	count(s3_without_block.deny) == 0 with input as testing.plan([named, block])
	count(s3_without_block.deny) == 1 with input as testing.plan([named, other])
}

test_a_bucket_is_found_through_a_module if {
	inner := object.union(belonging("aws_s3_bucket_public_access_block"), {"module_address": "module.guard[\"x\"]"})
	called := {"guard": {"expressions": {"name": {"references": ["aws_s3_bucket.this.id", "aws_s3_bucket.this"]}}, "module": {"resources": [testing.block("aws_s3_bucket_public_access_block", "this", {"bucket": {"references": ["var.name"]}})]}}}
	configuration := {"root_module": {"resources": [testing.block("aws_s3_bucket", "this", {})], "module_calls": called}}
	count(s3_without_block.deny) == 0 with input as {"plan": {"resource_changes": [bucket, inner], "configuration": configuration}}
	named := object.union(bucket, {"name": "other", "address": "aws_s3_bucket.other"})
	count(s3_without_block.deny) == 1 with input as {"plan": {"resource_changes": [named, inner], "configuration": configuration}}
}

test_versioning_that_is_suspended_is_none if {
	stopped := testing.unsure("aws_s3_bucket_versioning", "this", {"versioning_configuration": [{"status": "Suspended"}]}, {"bucket": true})
	count(s3_versioning.deny) == 1 with input as testing.traced([bucket, stopped], blocks("aws_s3_bucket_versioning"))
}

test_versioning_inside_the_bucket_counts if {
	count(s3_versioning.deny) == 0 with input as testing.one("aws_s3_bucket", {"versioning": [{"enabled": true}]})
}

test_what_the_plan_does_not_change_is_not_judged if {
	count(s3_public_acl.deny) == 0 with input as testing.plan([testing.keep("aws_s3_bucket", "this", {"acl": "public-read"})])
}
