# METADATA
# scope: package
# title: Only in the regions that you allow
# description: Law, latency and the bill depend on where it stands.
# custom:
#   id: DH-AWS-ORG-002
#   severity: high
#   level: hard-mandatory
#   unknown: a region that comes from a variable is read where a resource says it
#   remedy: >-
#     Move it, or add the region to settings.allowed_regions. An empty list enforces nothing; add
#     us-east-1 for CloudFront's certificates.
package dihedral.aws.regions

import data.dihedral.lib

allowed := {lower(one) | some one in lib.setting("allowed_regions")}

region := `^[a-z]{2}(-[a-z]+)+-[0-9]`

deny contains {"address": address, "msg": sprintf("is in %s, which is not on the list of allowed regions", [place])} if {
	count(allowed) > 0
	some [address, place] in places
	not place in allowed
}

places contains [r.address, place] if {
	count(allowed) > 0
	some type
	some r in lib.changed[type]
	some name in {"region", "availability_zone"}
	some place in regex.find_n(region, lib.text(lib.value(r, [name])), 1)
}

places contains [address, place] if {
	some name, provider in input.plan.configuration.provider_config
	provider.name == "aws"
	address := sprintf("provider.%s", [name])
	some place in regex.find_n(region, lib.text(said(provider)), 1)
}

said(provider) := provider.expressions.region.constant_value

# `region = var.region`: the value of the root module's variable.
said(provider) := input.plan.variables[name].value if {
	some reference in provider.expressions.region.references
	startswith(reference, "var.")
	name := split(reference, ".")[1]
}
