# METADATA
# scope: package
# title: A CDN serves HTTPS only
# description: The first request decides; plain HTTP can be changed on the way.
# custom:
#   id: DH-AWS-WEB-003
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Set viewer_protocol_policy to redirect-to-https or https-only, and origin_protocol_policy to
#     https-only.
#   checkov:
#     - CKV_AWS_34
#     - CKV2_AWS_72
package dihedral.aws.cloudfront_https

import data.dihedral.lib

behaviours := {"default_cache_behavior", "ordered_cache_behavior"}

deny contains lib.finding(r, "serves plain HTTP") if {
	some r in lib.changed.aws_cloudfront_distribution
	some name in behaviours
	some behaviour in lib.blocks(r, name)
	lib.text(object.get(behaviour, "viewer_protocol_policy", "")) == "allow-all"
}

warn contains lib.finding(r, "may fetch from its origin over plain HTTP") if {
	some r in lib.changed.aws_cloudfront_distribution
	some origin in lib.blocks(r, "origin")
	some custom in lib.list(object.get(origin, "custom_origin_config", null))
	lib.text(object.get(custom, "origin_protocol_policy", "")) != "https-only"
}
