# METADATA
# scope: package
# title: Nobody takes the watchers away
# description: >-
#   Turning off the trail, the detectors and the records is the first thing that an intruder does.
# custom:
#   id: DH-AWS-LOG-002
#   severity: high
#   level: soft-mandatory
#   unknown: not concerned
#   remedy: Keep it, or say in the request why it has to go.
package dihedral.aws.watchers

watchers := {
	"aws_cloudtrail", "aws_guardduty_detector", "aws_guardduty_organization_configuration", "aws_securityhub_account",
	"aws_config_configuration_recorder", "aws_config_configuration_recorder_status", "aws_config_delivery_channel",
	"aws_flow_log", "aws_accessanalyzer_analyzer", "aws_inspector2_enabler", "aws_macie2_account",
	"aws_wafv2_web_acl_association", "aws_wafv2_web_acl_logging_configuration", "aws_s3_bucket_logging",
	"aws_route53_resolver_query_log_config_association",
}

deny contains {"address": change.address, "msg": "watches over the account, and would go"} if {
	some change in input.plan.resource_changes
	change.type in watchers
	change.change.actions in [["delete"], ["forget"]]
}

deny contains {"address": change.address, "msg": "watches over the account, and would be turned off"} if {
	some change in input.plan.resource_changes
	change.type in {"aws_guardduty_detector", "aws_config_configuration_recorder_status"}
	some name in {"enable", "is_enabled"}
	change.change.after[name] == false
}
