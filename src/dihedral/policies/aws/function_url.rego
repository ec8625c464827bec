# METADATA
# scope: package
# title: A function's own address asks who is calling
# description: With authorization NONE anybody on the internet runs the function, at your cost.
# custom:
#   id: DH-AWS-WEB-004
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Set authorization_type to AWS_IAM, or put an API with an authorizer in front.
#   checkov:
#     - CKV_AWS_258
package dihedral.aws.function_url

import data.dihedral.lib

deny contains lib.finding(r, "anybody may call this function") if {
	some r in lib.changed.aws_lambda_function_url
	lib.text(lib.value(r, ["authorization_type"])) == "none"
}

warn contains lib.finding(r, "a route without an authorizer") if {
	some r in lib.changed.aws_api_gateway_method
	lib.text(lib.value(r, ["authorization"])) == "none"
	lib.text(lib.value(r, ["http_method"])) != "options"
	not lib.on(r, ["api_key_required"])
}
