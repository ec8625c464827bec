# METADATA
# scope: package
# title: Every access policy of a plan, statement by statement, in one shape
# description: >-
#   JSON text as AWS reads it (names in any case, one or many), and the documents that the plan reads from
#   `aws_iam_policy_document`. Unknown text is listed, so that somebody is asked.
package dihedral.documents

import data.dihedral.lib

# What somebody may do: attached to a user, group or role.
identity_attributes := {
	"aws_iam_policy": ["policy"],
	"aws_iam_role_policy": ["policy"],
	"aws_iam_user_policy": ["policy"],
	"aws_iam_group_policy": ["policy"],
	"aws_ssoadmin_permission_set_inline_policy": ["inline_policy"],
}

# Who may come to something: attached to what is used.
resource_attributes := {
	"aws_s3_bucket": ["policy"],
	"aws_s3_bucket_policy": ["policy"],
	"aws_s3_access_point": ["policy"],
	"aws_s3control_access_point_policy": ["policy"],
	"aws_sqs_queue": ["policy"],
	"aws_sqs_queue_policy": ["policy"],
	"aws_sns_topic": ["policy"],
	"aws_sns_topic_policy": ["policy"],
	"aws_kms_key": ["policy"],
	"aws_kms_key_policy": ["policy"],
	"aws_kms_external_key": ["policy"],
	"aws_kms_replica_key": ["policy"],
	"aws_ecr_repository_policy": ["policy"],
	"aws_ecr_registry_policy": ["policy"],
	"aws_secretsmanager_secret": ["policy"],
	"aws_secretsmanager_secret_policy": ["policy"],
	"aws_elasticsearch_domain": ["access_policies"],
	"aws_elasticsearch_domain_policy": ["access_policies"],
	"aws_opensearch_domain": ["access_policies"],
	"aws_opensearch_domain_policy": ["access_policies"],
	"aws_efs_file_system_policy": ["policy"],
	"aws_backup_vault_policy": ["policy"],
	"aws_glacier_vault": ["access_policy"],
	"aws_dynamodb_resource_policy": ["policy"],
	"aws_kinesis_resource_policy": ["policy"],
	"aws_cloudwatch_event_bus_policy": ["policy"],
	"aws_cloudwatch_log_resource_policy": ["policy_document"],
	"aws_codeartifact_domain_permissions_policy": ["policy_document"],
	"aws_codeartifact_repository_permissions_policy": ["policy_document"],
	"aws_acmpca_policy": ["policy"],
	"aws_media_store_container_policy": ["policy"],
}

trust_attributes := {"aws_iam_role": ["assume_role_policy"]}

# Lists, since comparing whole statements, as a set must, takes longer than reading them.
identity := array.concat(
	array.concat(written(identity_attributes), inner),
	[found | some found in stated; found.kind == "identity"],
)

open_to := array.concat(written(resource_attributes), [found | some found in stated; found.kind == "open_to"])

trust := array.concat(written(trust_attributes), [found | some found in stated; found.kind == "trust"])

# Policies that a role carries in itself.
inner := [found |
	some r in lib.changed.aws_iam_role
	some block in lib.blocks(r, "inline_policy")
	some statement in statements(object.get(block, "policy", null))
	found := {"address": r.address, "statement": statement}
]

written(attributes) := [found |
	some type, names in attributes
	some r in lib.changed[type]
	some name in names
	some statement in statements(object.get(r.change.after, name, null))
	found := {"address": r.address, "statement": statement}
]

# --- JSON text --------------------------------------------------------------------------------

statements(document) := [shape(lowered(one)) |
	is_string(document)
	json.is_valid(document)
	parsed := json.unmarshal(document)
	is_object(parsed)
	some name, said_there in parsed
	lower(name) == "statement"
	some one in lib.list(said_there)
	is_object(one)
]

lowered(object) := {small: found | some name, found in object; small := lower(name)}

shape(s) := {
	"effect": lib.text(object.get(s, "effect", "")),
	"actions": small(object.get(s, "action", null)),
	"not_actions": small(object.get(s, "notaction", null)),
	"resources": strings(object.get(s, "resource", null)),
	"not_resources": strings(object.get(s, "notresource", null)),
	"principals": principals(object.get(s, "principal", null)),
	"not_principals": principals(object.get(s, "notprincipal", null)),
	"conditions": conditions(object.get(s, "condition", null)),
	"unknown": set(),
}

# Most of them are left out.
small(x) := set() if {
	is_null(x)
} else := {lower(one) | some one in lib.list(x); is_string(one)}

strings(x) := set() if {
	is_null(x)
} else := {one | some one in lib.list(x); is_string(one)}

principals(x) := set() if {
	is_null(x)
} else := {[lower(kind), one] |
	some kind, some_of in x
	some one in lib.list(some_of)
	is_string(one)
} if {
	is_object(x)
} else := {["*", one] | some one in lib.list(x); is_string(one)}

conditions(x) := {[lower(test), lower(name), said_there] |
	is_object(x)
	some test, pairs in x
	is_object(pairs)
	some name, many in pairs
	some one in lib.list(many)
	said_there := sprintf("%v", [one])
}

# --- documents that Terraform reads -----------------------------------------------------------

# Only those that wait for apply: one that is read already is known text where it is used.
read := [r |
	some r in lib.standing.aws_iam_policy_document
	is_array(object.get(r.change.after, "statement", null))
]

stated := [found |
	some r in read
	kind := kind_of(r)
	some i, block in r.change.after.statement
	is_object(block)
	found := {"kind": kind, "address": r.address, "statement": of_block(r, i, block)}
]

kind_of(r) := "identity" if {
	not names_principals(r)
} else := "trust" if {
	only_trust(r)
} else := "open_to"

of_block(r, i, s) := {
	"effect": effect(object.get(s, "effect", null)),
	"actions": small(object.get(s, "actions", null)),
	"not_actions": small(object.get(s, "not_actions", null)),
	"resources": strings(object.get(s, "resources", null)),
	"not_resources": strings(object.get(s, "not_resources", null)),
	"principals": block_principals(s, "principals"),
	"not_principals": block_principals(s, "not_principals"),
	"conditions": {[lower(c.test), lower(c.variable), one] |
		some c in lib.list(object.get(s, "condition", null))
		is_string(c.test)
		is_string(c.variable)
		some one in condition_values(c)
	},
	"unknown": {name |
		some name, mark in lib.as_object(object.get(r.change, ["after_unknown", "statement", i], {}))
		name in unsure
		hidden(mark)
	},
}

# Principals and conditions made of what the plan itself reads or makes (a role, this account) are ordinary.
unsure := {"actions", "not_actions", "effect"}

# A list of which one member is unknown is not known.
hidden(mark) if mark == true

hidden(mark) if {
	some one in lib.list(mark)
	one == true
}

effect(x) := "allow" if is_null(x)

effect(x) := lib.text(x) if not is_null(x)

# A condition on something that only apply will tell is a condition all the same.
condition_values(c) := {one | some one in lib.list(object.get(c, "values", null)); is_string(one)} if known_values(c)

condition_values(c) := {"(known after apply)"} if not known_values(c)

known_values(c) if {
	some one in lib.list(object.get(c, "values", null))
	is_string(one)
}

block_principals(s, name) := {[lower(p.type), one] |
	some p in lib.list(object.get(s, name, null))
	is_string(p.type)
	some one in lib.list(object.get(p, "identifiers", null))
	is_string(one)
}

names_principals(r) if {
	some s in r.change.after.statement
	some name in {"principals", "not_principals"}
	count(lib.list(object.get(s, name, null))) > 0
}

only_trust(r) if {
	count(r.change.after.statement) > 0
	every s in r.change.after.statement {
		count(lib.list(object.get(s, "actions", null))) > 0
		every action in s.actions {
			startswith(lower(action), "sts:")
		}
	}
}

# --- what nobody can read before apply --------------------------------------------------------

attributes := object.union(object.union(identity_attributes, resource_attributes), trust_attributes)

unreadable contains found if {
	some type, names in attributes
	some r in lib.changed[type]
	some name in names
	hidden(object.get(r.change, ["after_unknown", name], false))
	given(r, name)
	not readable_source(r, name)
	found := {"address": r.address, "attribute": name}
}

# Nobody wrote one: AWS will fill in its default.
given(r, name) if lib.block_of(r).expressions[name]

# Should the configuration not be traceable, it counts as written.
given(r, name) if not lib.block_of(r)

# All that it refers to are documents of this plan, which are judged where they stand.
readable_source(r, name) if {
	pairs := lib.references(r, name)
	some pair in pairs
	startswith(pair[1], "data.aws_iam_policy_document.")
	every other in pairs {
		startswith(other[1], "data.aws_iam_policy_document.")
	}
}

unreadable contains found if {
	some r in lib.standing.aws_iam_policy_document
	some name in {"source_policy_documents", "override_policy_documents", "source_json", "override_json"}
	hidden(object.get(r.change, ["after_unknown", name], false))
	not readable_source(r, name)
	found := {"address": r.address, "attribute": name}
}

# Not even how many statements there are.
unreadable contains {"address": r.address, "attribute": "statement"} if {
	some r in lib.standing.aws_iam_policy_document
	hidden(object.get(r.change, ["after_unknown", "statement"], false))
}

unreadable contains {"address": found.address, "attribute": concat("", ["statement.", name])} if {
	some found in stated
	some name in found.statement.unknown
}

# --- questions --------------------------------------------------------------------------------

everyone(statement) if {
	statement.effect == "allow"
	some principal in statement.principals
	anybody(principal)
}

# Allowing all but some is allowing everyone.
everyone(statement) if {
	statement.effect == "allow"
	count(statement.not_principals) > 0
}

anybody(principal) if {
	principal[0] in {"*", "aws"}
	regex.match(`^(\*+|arn:[^:]*:iam::\*:.*)$`, principal[1])
}

narrowing := {
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
	"aws:principaltag", "aws:userid", "aws:username", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceip",
	"aws:vpcsourceip", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
	"lambda:functionurlauthtype", "sns:endpoint",
}

# A condition that names who or where, and does not say «anything».
narrowed(statement) if {
	some condition in statement.conditions
	split(condition[1], "/")[0] in narrowing
	regex.match(`^(foranyvalue:|forallvalues:)?(string|arn|ipaddress)`, condition[0])
	not regex.match(`not|ifexists|^forallvalues`, condition[0])
	not anything(condition, statement)
}

# Only from inside the network that the file system is mounted in.
narrowed(statement) if {
	some condition in statement.conditions
	condition[0] == "bool"
	condition[1] == "elasticfilesystem:accessedviamounttarget"
	lower(condition[2]) == "true"
}

anything(condition, statement) if {
	some other in statement.conditions
	other[0] == condition[0]
	other[1] == condition[1]
	regex.match(`^([*?]+|arn:[*?]+|arn:[^:]*:[^:]*:[*?]*:[*?]+:[*?]*|0\.0\.0\.0/[0-7]|[0-9.]+/0|::/0|[0-9a-f:]*:/0)$`, lower(other[2]))
}

# The whole of AWS, however it is spelt.
every_action(action) if regex.match(`^[*?]*\*[*?]*(:[*?]*)?$`, action)

every_resource(statement) if {
	some one in statement.resources
	regex.match(`^([*?]*\*[*?]*|arn:[^:]*:[*?]*\*[*?]*(:.*)?)$`, one)
}

# All but some is as good as all.
every_resource(statement) if count(statement.not_resources) > 0

# An action of a statement covers this one, wildcards and all.
covers(pattern, action) if pattern == action

covers(pattern, action) if {
	contains_wildcard(pattern)
	regex.match(`^[a-z0-9:*?-]+$`, pattern)
	regex.match(concat("", ["^", replace(replace(pattern, "*", ".*"), "?", "."), "$"]), action)
}

contains_wildcard(pattern) if contains(pattern, "*")

contains_wildcard(pattern) if contains(pattern, "?")
