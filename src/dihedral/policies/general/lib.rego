# METADATA
# scope: package
# title: What the policies of this set read from a plan
# description: >-
#   Changes by what they do, whatever the provider; settings; who acts.
package dihedral.general.lib

# Made, changed, replaced, deleted or dropped from sight.
touched := [change |
	some change in input.plan.resource_changes
	not change.change.actions in quiet
	not change.mode == "data"
]

quiet := {["no-op"], ["read"]}

# Deleted, also to be made again.
going := [change | some change in touched; "delete" in change.change.actions]

staying := [change |
	some change in input.plan.resource_changes
	not change.change.actions in leaving
	not change.mode == "data"
]

leaving := {["delete"], ["forget"], ["read"]}

holding := {type | some type in setting("holds_data")}

losses := [change | some change in going; change.type in holding]

how(change) := "replaced by an empty one" if "create" in change.change.actions

how(change) := "destroyed" if not "create" in change.change.actions

# Who is not known to be a person acts as an agent would.
agent if {
	is_object(input.actor)
	object.get(input.actor, "kind", "agent") != "person"
}

setting(name) := object.get(data.settings, name, [])

# A limit as a set of one; empty where none is set.
limit(name) := {found | found := setting(name); is_number(found)}

number(x) := x if is_number(x)

# Leading zeros are no number to the engine, though to a provider they are.
number(x) := to_number(regex.replace(x, `^(-?)0+([0-9])`, `${1}${2}`)) if {
	is_string(x)
	regex.match(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`, x)
}

# The types that a list of patterns means, of those that the plan touches.
meant(patterns) := {type |
	some type in types
	some pattern in patterns
	glob.match(pattern, null, type)
}

types := {change.type | some change in touched}
