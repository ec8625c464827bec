package dihedral.testing

# A plan of these changes, without a configuration to trace.
plan(changes) := {"plan": {"resource_changes": changes, "configuration": {"root_module": {}}}}

# The same with the root module's resource blocks.
traced(changes, blocks) := {"plan": {"resource_changes": changes, "configuration": {"root_module": {"resources": blocks}}}}

make(type, name, after) := unsure(type, name, after, {})

unsure(type, name, after, unknown) := {
	"address": concat(".", [type, name]),
	"mode": "managed",
	"type": type,
	"name": name,
	"change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
}

remove(type, name, before) := {
	"address": concat(".", [type, name]),
	"mode": "managed",
	"type": type,
	"name": name,
	"change": {"actions": ["delete"], "before": before, "after": null, "after_unknown": {}},
}

keep(type, name, after) := object.union(
	make(type, name, after),
	{"change": {"actions": ["no-op"], "before": after, "after": after, "after_unknown": {}}},
)

document(name, statements, unknown) := {
	"address": concat(".", ["data.aws_iam_policy_document", name]),
	"mode": "data",
	"type": "aws_iam_policy_document",
	"name": name,
	"change": {"actions": ["read"], "before": null, "after": {"statement": statements}, "after_unknown": unknown},
}

# A plan that makes one resource.
one(type, after) := plan([make(type, "this", after)])

block(type, name, expressions) := {
	"address": concat(".", [type, name]),
	"mode": "managed",
	"type": type,
	"name": name,
	"expressions": expressions,
}

policy(statement) := json.marshal({"Version": "2012-10-17", "Statement": [statement]})

said(findings) := {found.address | some found in findings}
