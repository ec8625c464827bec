# METADATA
# scope: package
# title: What is built says whose it is
# description: Without tags nobody knows who pays, whom to ask, and what may go.
# custom:
#   id: DH-AWS-TAG-001
#   severity: low
#   level: soft-mandatory
#   unknown: a tag whose value is only known after apply is there
#   remedy: >-
#     Add the tags, best by default_tags of the provider. The list is settings.required_tags; an
#     empty one enforces nothing.
package dihedral.aws.required_tags

import data.dihedral.lib

required := {name | some name in lib.setting("required_tags")}

deny contains lib.finding(r, sprintf("has no tag %s", [concat(", ", sort(missing))])) if {
	count(required) > 0
	some type
	startswith(type, "aws_")
	some r in lib.changed[type]
	taggable(r)
	missing := required - (given(r) | coming(r))
	count(missing) > 0
}

# A resource that takes tags has the attribute, be it empty or unknown.
taggable(r) if "tags_all" in object.keys(r.change.after)

taggable(r) if "tags_all" in object.keys(object.get(r.change, "after_unknown", {}))

given(r) := {name | some name, said in lib.tags(r); not said in {null, ""}}

coming(r) := required if lib.unknown(r, ["tags_all"])

coming(r) := {name | some name, said in lib.as_object(object.get(object.get(r.change, "after_unknown", {}), "tags_all", {})); said == true} if {
	not lib.unknown(r, ["tags_all"])
}
