# METADATA
# scope: package
# title: Containers do not own the machine they run on
# description: >-
#   A privileged container, or one in the host's process space, that is broken into is the host
#   broken into.
# custom:
#   id: DH-AWS-ECS-001
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Take privileged and pid_mode host out; add the single Linux capability that is needed.
#   checkov:
#     - CKV_AWS_334
#     - CKV_AWS_335
#     - CKV_AWS_316
#     - CKV_AWS_210
package dihedral.aws.containers

import data.dihedral.lib

deny contains lib.finding(r, "runs a privileged container") if {
	some r in lib.changed.aws_ecs_task_definition
	some container in containers(lib.value(r, ["container_definitions"]))
	object.get(container, "privileged", false) in lib.truths
}

deny contains lib.finding(r, "shares the host's processes") if {
	some r in lib.changed.aws_ecs_task_definition
	lib.text(lib.value(r, ["pid_mode"])) == "host"
}

deny contains lib.finding(r, "runs a privileged container") if {
	some r in lib.changed.aws_batch_job_definition
	some container in containers(lib.value(r, ["container_properties"]))
	object.get(container, "privileged", false) in lib.truths
}

# Building images needs it, so it is only mentioned.
warn contains lib.finding(r, "builds in privileged mode") if {
	some r in lib.changed.aws_codebuild_project
	some environment in lib.blocks(r, "environment")
	object.get(environment, "privileged_mode", false) in lib.truths
}

containers(text) := [one | some one in lib.list(json.unmarshal(text)); is_object(one)] if {
	is_string(text)
	json.is_valid(text)
}
