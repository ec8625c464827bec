# METADATA
# scope: package
# title: TLS is 1.2 or newer
# description: Older versions can be read by whoever sits on the way, and auditors refuse them.
# custom:
#   id: DH-AWS-WEB-002
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Use a policy from 2021 or later (ELBSecurityPolicy-TLS13-1-2-2021-06, TLSv1.2_2021,
#     TLS_1_2).
#   checkov:
#     - CKV_AWS_103
#     - CKV_AWS_174
#     - CKV_AWS_206
#     - CKV2_AWS_54
package dihedral.aws.tls_version

import data.dihedral.lib

old_policies := `(?i)^ELBSecurityPolicy-(2016-08|2015-05|2015-03|2015-02|2014-.*|2011-.*|TLS-1-0-.*|TLS-1-1-.*|FS-2018-06|FS-1-1-.*|TLS13-1-0-.*|TLS13-1-1-.*)$`

deny contains lib.finding(r, "takes TLS older than 1.2") if {
	some type in {"aws_lb_listener", "aws_alb_listener"}
	some r in lib.changed[type]
	policy := lib.value(r, ["ssl_policy"])
	is_string(policy)
	regex.match(old_policies, policy)
}

deny contains lib.finding(r, "takes TLS older than 1.2") if {
	some r in lib.changed.aws_cloudfront_distribution
	some certificate in lib.blocks(r, "viewer_certificate")
	not certificate_of_aws(certificate)
	regex.match(`^(SSLv3|TLSv1|TLSv1_2016|TLSv1\.1_2016)$`, sprintf("%v", [object.get(certificate, "minimum_protocol_version", null)]))
}

# AWS's own certificate comes with the oldest TLS, and there is no changing it.
warn contains lib.finding(r, "uses CloudFront's own certificate, which takes TLS 1.0") if {
	some r in lib.changed.aws_cloudfront_distribution
	some certificate in lib.blocks(r, "viewer_certificate")
	object.get(certificate, "cloudfront_default_certificate", false) in lib.truths
}

certificate_of_aws(certificate) if {
	lib.list(object.get(certificate, "cloudfront_default_certificate", false))[0] in lib.truths
}

deny contains lib.finding(r, "speaks old SSL to its origin") if {
	some r in lib.changed.aws_cloudfront_distribution
	some origin in lib.blocks(r, "origin")
	some custom in lib.list(object.get(origin, "custom_origin_config", null))
	some version in lib.list(object.get(custom, "origin_ssl_protocols", null))
	version in {"SSLv3", "TLSv1", "TLSv1.1"}
}

deny contains lib.finding(r, "takes TLS older than 1.2") if {
	some r in lib.changed.aws_api_gateway_domain_name
	lib.value(r, ["security_policy"]) == "TLS_1_0"
}
