# METADATA
# scope: package
# title: Machines give their credentials only to those who hold a session (IMDSv2)
# description: >-
#   With version 1 a single fetch that a web program is talked into hands over the machine's role.
# custom:
#   id: DH-AWS-EC2-003
#   severity: medium
#   level: soft-mandatory
#   unknown: mentioned (warn), since account and image may require it
#   remedy: Set metadata_options { http_tokens = "required" }.
#   checkov:
#     - CKV_AWS_79
package dihedral.aws.metadata

import data.dihedral.lib

machines := {"aws_instance", "aws_launch_template", "aws_launch_configuration", "aws_spot_instance_request"}

deny contains lib.finding(r, "gives its credentials without a session") if {
	some type in machines
	some r in lib.changed[type]
	some options in lib.blocks(r, "metadata_options")
	lib.text(object.get(options, "http_tokens", null)) == "optional"
	lib.text(object.get(options, "http_endpoint", null)) != "disabled"
}

warn contains lib.finding(r, "does not require IMDSv2") if {
	some type in machines
	some r in lib.changed[type]
	not settled(r)
}

settled(r) if {
	some options in lib.blocks(r, "metadata_options")
	lib.text(object.get(options, "http_tokens", null)) in {"required", "optional"}
}

settled(r) if {
	some options in lib.blocks(r, "metadata_options")
	lib.text(object.get(options, "http_endpoint", null)) == "disabled"
}
