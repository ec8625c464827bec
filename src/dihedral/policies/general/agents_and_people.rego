# METADATA
# scope: package
# title: An agent makes no people, keys or doors
# description: >-
#   Users, keys, identity providers and organizations decide who may act; an agent that makes them
#   can act on without anybody.
# custom:
#   id: DH-GEN-005
#   severity: critical
#   level: hard-mandatory
#   unknown: not concerned
#   remedy: Let a person propose this part. The types are settings.people_only.
package dihedral.general.agents_and_people

import data.dihedral.general.lib

deny contains {"address": change.address, "msg": "decides who may act; only a person may propose that"} if {
	lib.agent
	count(types) > 0
	some change in lib.touched
	change.type in types
}

types := lib.meant(lib.setting("people_only"))
