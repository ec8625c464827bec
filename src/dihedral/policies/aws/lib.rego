# METADATA
# scope: package
# title: What every policy of this set reads from a plan
# description: >-
#   Resources by type, each with what it will be and what of that is still unknown; and who belongs to
#   whom, by the references of the configuration. Each index is built once for all policies.
package dihedral.lib

# --- resources --------------------------------------------------------------------------------

# All that will be there afterwards, by type: for «does it have one?».
# By place first and by value then, since the engine adds to a set much faster than to a map of maps.
# Each index is one value: of a rule with a key OPA would work out again what it is asked for.
standing := {type: list |
	some type, places in present
	list := [change |
		some i in places
		change := input.plan.resource_changes[i]
		is_object(change.change.after)
	]
}

present[type] contains i if {
	some i, change in input.plan.resource_changes
	not change.change.actions in gone
	type := change.type
}

gone := {["delete"], ["forget"]}

# Those that the plan makes or changes: what merely stays, goes or is only read is not judged.
changed := {type: list |
	some type, all in standing
	list := [change |
		some change in all
		not change.change.actions in quiet
		not change.mode == "data"
	]
	count(list) > 0
}

quiet := {["no-op"], ["read"], ["delete"], ["forget"]}

finding(r, msg) := {"address": r.address, "msg": msg}

# --- values -----------------------------------------------------------------------------------

# A known value at a path of names and places, else null.
value(r, path) := object.get(r.change.after, path, null)

# Only Terraform's apply will tell. Holds too when a whole block around it is unknown.
unknown(r, path) if {
	some length in numbers.range(1, count(path))
	object.get(r.change.after_unknown, array.slice(path, 0, length), false) == true
}

# Providers write some switches as text.
truths := {true, "true", "True", "TRUE", "1", 1}

on(r, path) if value(r, path) in truths

# Known not to be on: said so, or left out where leaving out means no.
off(r, path) if {
	not on(r, path)
	not unknown(r, path)
}

# The same where the provider fills in what nobody wrote, and AWS fills in «no».
left_off(r, path) if off(r, path)

left_off(r, path) if {
	unknown(r, path)
	unsaid(r, path[0])
}

# The configuration can be traced, and does not say it.
unsaid(r, name) if {
	block := block_of(r)
	not block.expressions[name]
}

# Said in so many words.
refused(r, path) if {
	found := value(r, path)
	found != null
	not found in truths
}

# A list of what may be one, many or none.
# By `else`, since of definitions that stand side by side the engine tries every one.
list(x) := x if {
	is_array(x)
} else := [] if {
	is_null(x)
} else := [one | some one in x] if {
	is_set(x)
} else := [x]

# The blocks of that name, whether the provider writes them as a list or as one.
blocks(r, name) := [block | some block in list(object.get(r.change.after, name, null)); is_object(block)]

text(x) := lower(x) if {
	is_string(x)
} else := ""

number(x) := x if is_number(x)

# Leading zeros are no number to the engine, though to a provider they are.
number(x) := to_number(regex.replace(x, `^(-?)0+([0-9])`, `${1}${2}`)) if {
	is_string(x)
	regex.match(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`, x)
}

# --- settings ---------------------------------------------------------------------------------

setting(name) := object.get(data.settings, name, [])

# --- tags -------------------------------------------------------------------------------------

tags(r) := object.union(
	as_object(object.get(r.change.after, "tags", {})),
	as_object(object.get(r.change.after, "tags_all", {})),
)

as_object(x) := x if is_object(x)

as_object(x) := {} if not is_object(x)

# Its own tags say that real users depend on it.
production(r) if {
	some name, said in tags(r)
	lower(name) in {"environment", "env", "stage"}
	text(said) in {text(one) | some one in setting("production")}
}

# --- configuration ----------------------------------------------------------------------------

# `module.a["x"].module.b` is written once in the configuration, as `module.a.module.b`.
module_of(r) := module_path(object.get(r, "module_address", ""))

module_path(address) := "" if address == ""

module_path(address) := regex.replace(address, `\[("[^"]*"|[^\]]*)\]`, "") if address != ""

# Seven storeys: what is nested deeper counts as not traceable, never as fine.
modules[""] := input.plan.configuration.root_module

modules[path] := called.module if some path, called in calls

calls[path] := called if some path, called in calls_1

calls[path] := called if some path, called in calls_2

calls[path] := called if some path, called in calls_3

calls[path] := called if some path, called in calls_4

calls[path] := called if some path, called in calls_5

calls[path] := called if some path, called in calls_6

calls_1[path] := called if {
	some name, called in input.plan.configuration.root_module.module_calls
	path := concat("", ["module.", name])
}

calls_2[path] := called if {
	some above, outer in calls_1
	some name, called in outer.module.module_calls
	path := concat("", [above, ".module.", name])
}

calls_3[path] := called if {
	some above, outer in calls_2
	some name, called in outer.module.module_calls
	path := concat("", [above, ".module.", name])
}

calls_4[path] := called if {
	some above, outer in calls_3
	some name, called in outer.module.module_calls
	path := concat("", [above, ".module.", name])
}

calls_5[path] := called if {
	some above, outer in calls_4
	some name, called in outer.module.module_calls
	path := concat("", [above, ".module.", name])
}

calls_6[path] := called if {
	some above, outer in calls_5
	some name, called in outer.module.module_calls
	path := concat("", [above, ".module.", name])
}

# The resource blocks as written, by module and address without index.
written[path][block.address] := block if {
	some path, module in modules
	some block in module.resources
}

# Where the block of a resource stands, as [module, address]; all its instances share it.
place(r) := [module_of(r), concat(".", [r.type, r.name])]

block_of(r) := block_at(place(r))

block_at(at) := written[at[0]][at[1]]

# What the expressions of an attribute refer to, as [module, reference]; through variables of up to two
# storeys, outputs of a called module and for_each.
references(r, name) := references_at(place(r), name)

references_at(at, name) := direct | looped if {
	direct := resolved(at[0], names_in(block_at(at).expressions[name]))
	looped := resolved(at[0], each_of(at, name))
}

names_in(expression) := {one | some one in expression.references} if is_object(expression)

names_in(expression) := {one | some part in expression; some one in part.references} if is_array(expression)

each_of(at, name) := set() if not uses_each(at, name)

each_of(at, name) := {one | some one in block_at(at).for_each_expression.references} if uses_each(at, name)

uses_each(at, name) if {
	some one in names_in(block_at(at).expressions[name])
	startswith(one, "each.")
}

resolved(path, names) := (here | given) | returned if {
	is_string(path) # OPA cannot infer it
	here := {[path, one] | some one in names; not startswith(one, "var."); not startswith(one, "module.")}
	given := {pair | some one in names; startswith(one, "var."); some pair in passed(path, one)}
	returned := {pair | some one in names; startswith(one, "module."); some pair in given_back(path, one)}
}

passed(path, variable) := {pair |
	some one in caller_names(path, variable)
	above := parent(path)
	some pair in passed_twice(above, one)
}

passed_twice(path, one) := {[path, one]} if {
	not startswith(one, "var.")
	not startswith(one, "module.")
}

passed_twice(path, one) := {[parent(path), up] | some up in caller_names(path, one)} if startswith(one, "var.")

passed_twice(path, one) := given_back(path, one) if startswith(one, "module.")

caller_names(path, variable) := {one |
	name := split(substring(variable, 4, -1), ".")[0]
	some one in calls[path].expressions[name].references
}

parent(path) := regex.replace(path, `\.?module\.[^.]+$`, "")

given_back(path, one) := {[below, name] |
	parts := split(regex.replace(one, `\[("[^"]*"|[^\]]*)\]`, ""), ".")
	count(parts) > 2
	below := trim_prefix(concat("", [path, ".module.", parts[1]]), ".")
	some name in modules[below].outputs[parts[2]].expression.references
}

# The resources that an attribute points at: `module|type.name`.
targets(r, name) := targets_at(places_of(r), name)

targets_at(places, name) := {key |
	some at in places
	some pair in references_at(at, name)
	some found in regex.find_n(`^[a-z0-9]+_[a-z0-9_]+\.[A-Za-z0-9_-]+`, pair[1], 1)
	key := concat("|", [pair[0], found])
}

# Empty where a resource does not say its name.
places_of(r) := {place(one) | some one in [r]}

key(r) := concat("|", place(r))

# The keys of what all resources of `type` point at by `name`; `loose` where one cannot be traced.
# Each block is traced once, however many instances it has.
pointed(type, name) := targets_at({place(r) | some r in standing[type]}, name)

# The names and ids that they give in so many words.
named(type, name) := {said |
	some r in standing[type]
	said := value(r, [name])
	is_string(said)
	said != ""
}

loose(type, name) if {
	some places in {places_of(r) | some r in standing[type]; value(r, [name]) == null}
	count(targets_at(places, name)) == 0
}
