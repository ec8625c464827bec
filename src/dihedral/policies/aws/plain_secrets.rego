# METADATA
# scope: package
# title: No credential in plain text
# description: >-
#   What stands in user data, environment variables or a provider block is read by everybody who
#   may look at the machine, the plan or the state.
# custom:
#   id: DH-AWS-SEC-001
#   severity: critical
#   level: hard-mandatory
#   unknown: nothing is said; a value made at apply is no literal
#   remedy: >-
#     Rotate it, keep it in Secrets Manager or Parameter Store, and give the program the right to
#     read it there.
#   checkov:
#     - CKV_AWS_46
#     - CKV_AWS_45
#     - CKV_AWS_41
package dihedral.aws.plain_secrets

import data.dihedral.lib

# Shapes that are credentials and nothing else.
shapes := `(^|[^A-Za-z0-9/+])(AKIA|ASIA)[A-Z0-9]{16}([^A-Za-z0-9/+=]|$)|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60}|glpat-[A-Za-z0-9_-]{20}|xox[abpr]-[A-Za-z0-9-]{10}|sk_live_[A-Za-z0-9]{20}|(?i)aws_secret_access_key["' ]*[=:]["' ]*[A-Za-z0-9/+=]{40}`

texts contains {"address": r.address, "where": name, "text": text} if {
	some type, names in places
	some r in lib.changed[type]
	some name in names
	text := readable(lib.value(r, [name]))
}

places := {
	"aws_instance": {"user_data", "user_data_base64"},
	"aws_spot_instance_request": {"user_data", "user_data_base64"},
	"aws_launch_template": {"user_data"},
	"aws_launch_configuration": {"user_data", "user_data_base64"},
	"aws_ecs_task_definition": {"container_definitions"},
	"aws_batch_job_definition": {"container_properties"},
	"aws_ssm_document": {"content"},
	"aws_glue_job": {"default_arguments"},
}

# The provider keeps a digest of user data only; what was written as a constant stands in the configuration.
texts contains {"address": r.address, "where": name, "text": text} if {
	some type, names in places
	some r in lib.changed[type]
	some name in names
	text := readable(lib.block_of(r).expressions[name].constant_value)
}

texts contains {"address": r.address, "where": "environment", "text": text} if {
	some r in lib.changed.aws_lambda_function
	some block in lib.blocks(r, "environment")
	some name, said in lib.as_object(object.get(block, "variables", {}))
	is_string(said)
	text := sprintf("%s=%s", [name, said])
}

texts contains {"address": r.address, "where": "environment_variable", "text": text} if {
	some r in lib.changed.aws_codebuild_project
	some block in lib.blocks(r, "environment")
	some variable in lib.list(object.get(block, "environment_variable", null))
	object.get(variable, "type", "PLAINTEXT") == "PLAINTEXT"
	text := sprintf("%v=%v", [variable.name, variable.value])
}

texts contains {"address": sprintf("provider.%s", [name]), "where": key, "text": text} if {
	some name, provider in input.plan.configuration.provider_config
	some key in {"secret_key", "token", "password", "access_key"}
	text := provider.expressions[key].constant_value
	is_string(text)
}

readable(x) := base64.decode(x) if {
	is_string(x)
	base64.is_valid(x)
	regex.match(`^[A-Za-z0-9+/]{40,}={0,2}$`, x)
}

readable(x) := x if {
	is_string(x)
	not encoded(x)
}

readable(x) := json.marshal(x) if is_object(x)

encoded(x) if {
	base64.is_valid(x)
	regex.match(`^[A-Za-z0-9+/]{40,}={0,2}$`, x)
}

deny contains {"address": found.address, "msg": sprintf("%s holds a credential", [found.where])} if {
	some found in texts
	regex.match(shapes, found.text)
}

deny contains {"address": found.address, "msg": sprintf("the provider's %s is written down", [found.where])} if {
	some found in texts
	startswith(found.address, "provider.")
	count(found.text) > 0
}

# A name that promises a secret, with a literal beside it: likely, not certain.
warn contains {"address": found.address, "msg": sprintf("%s seems to hold a password or key", [found.where])} if {
	some found in texts
	not startswith(found.address, "provider.")
	regex.match(`(?i)(password|passwd|secret_?key|secret_access_key|api_?key|auth_?token|private_?key)["']?\s*[=:]\s*["']?[^\s"'$<{]{6,}`, found.text)
	not regex.match(`(?i)(password|passwd|secret_?key|api_?key|auth_?token|private_?key)["']?\s*[=:]\s*["']?(arn:|ssm:|secretsmanager:|/aws/|\{\{resolve)`, found.text)
}
