# METADATA
# scope: package
# title: A change does not take the guard off
# description: Destroying what is protected takes two steps; the first one looks harmless.
# custom:
#   id: DH-GEN-008
#   severity: high
#   level: soft-mandatory
#   unknown: a guard that becomes unknown counts as taken off
#   remedy: Leave the protection on, or say in the request why it has to go.
package dihedral.general.unguarded

import data.dihedral.general.lib

guards := {
	"deletion_protection": true, "deletion_protection_enabled": true, "enable_deletion_protection": true,
	"delete_protection": true, "disable_api_termination": true, "disable_api_stop": true, "termination_protection": true,
	"skip_final_snapshot": false, "force_destroy": false, "force_delete": false, "force_destroy_all": false,
}

deny contains {"address": change.address, "msg": sprintf("takes %s off", [name])} if {
	some change in updates
	some name, safe in guards
	change.change.before[name] == safe
	object.get(change.change.after, name, null) != safe
}

deny contains {"address": change.address, "msg": "lets backups end sooner"} if {
	some change in updates
	some name in {"backup_retention_period", "snapshot_retention_limit", "recovery_window_in_days", "automated_snapshot_retention_period"}
	lib.number(change.change.before[name]) > lib.number(change.change.after[name])
}

updates := [change | some change in lib.touched; change.change.actions == ["update"]]
