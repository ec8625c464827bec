# METADATA
# scope: package
# title: A change costs no more a month than you allow
# description: The bill comes a month later than the change.
# custom:
#   id: DH-GEN-004
#   severity: medium
#   level: soft-mandatory
#   unknown: mentioned (warn); the cost gate asks by itself
#   remedy: Make it smaller, or raise settings.max_monthly_delta.
package dihedral.general.monthly_delta

import data.dihedral.general.lib

deny contains sprintf("adds about %.2f %s a month, more than %v", [delta, currency, limit]) if {
	some limit in lib.limit("max_monthly_delta")
	delta := lib.number(input.cost.likely)
	delta > limit
	currency := object.get(input.cost, "currency", "")
}

warn contains sprintf("may add %.2f a month at high use, more than %v", [delta, limit]) if {
	some limit in lib.limit("max_monthly_delta")
	delta := lib.number(input.cost.high)
	delta > limit
	not over(limit)
}

over(limit) if lib.number(input.cost.likely) > limit

warn contains "what it costs is not known" if {
	count(lib.limit("max_monthly_delta")) > 0
	is_object(input.cost)
	not lib.number(object.get(input.cost, "likely", null))
	count(lib.touched) > 0
}
