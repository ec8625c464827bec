package dihedral.general_test

import data.dihedral.general.agents_and_people
import data.dihedral.general.agents_and_rights
import data.dihedral.general.checks
import data.dihedral.general.everything_goes
import data.dihedral.general.forgotten
import data.dihedral.general.losses
import data.dihedral.general.monthly_delta
import data.dihedral.general.provisioners
import data.dihedral.general.size
import data.dihedral.general.unasked_loss
import data.dihedral.general.unguarded

change(type, actions, before, after) := {
	"address": concat(".", [type, "this"]),
	"mode": "managed",
	"type": type,
	"name": "this",
	"change": {"actions": actions, "before": before, "after": after, "after_unknown": {}},
}

plan(changes) := {"plan": {"resource_changes": changes}}

asked(changes, text) := object.union(plan(changes), {"actor": {"id": "a", "kind": "agent"}, "request": {"text": text}})

by(changes, kind) := object.union(plan(changes), {"actor": {"id": "a", "kind": kind}, "request": null})

gone := change("aws_db_instance", ["delete"], {"id": "orders"}, null)

replaced := change("aws_db_instance", ["delete", "create"], {"id": "orders"}, {})

fresh := change("aws_sqs_queue", ["create"], null, {})

test_a_loss_of_data_is_asked_about if {
	count(losses.deny) == 1 with input as plan([gone, fresh])
	count(losses.deny) == 1 with input as plan([replaced])
	count(losses.deny) == 1 with input as plan([change("aws_s3_bucket", ["create", "delete"], {}, {})])
}

test_what_holds_nothing_may_go if {
	count(losses.deny) == 0 with input as plan([change("aws_route", ["delete"], {}, null), fresh])
	count(losses.deny) == 0 with input as plan([change("aws_db_instance", ["update"], {}, {})])
}

test_an_agent_that_was_not_asked_destroys_nothing if {
	count(unasked_loss.deny) == 1 with input as asked([gone], "A queue for orders, please")
	count(unasked_loss.deny) == 1 with input as asked([replaced], "Set it to undeleted rows")
	count(unasked_loss.deny) == 1 with input as by([gone], "agent")
	count(unasked_loss.deny) == 1 with input as by([gone], "system")
}

test_an_agent_that_was_asked_may if {
	every text in ["Please delete the orders database", "Bitte die Datenbank löschen.", "请删除 orders 数据库", "Supprimer la base", "Borrar la base, gracias"] {
		count(unasked_loss.deny) == 0 with input as asked([gone], text)
	}
}

test_a_person_may if {
	count(unasked_loss.deny) == 0 with input as by([gone], "person")
	count(unasked_loss.deny) == 0 with input as plan([gone])
}

test_a_large_change_is_asked_about if {
	limits := {"max_changes": 2, "max_losses": 1}
	count(size.deny) == 1 with input as plan([fresh, fresh, fresh]) with data.settings as limits
	count(size.deny) == 1 with input as plan([gone, gone]) with data.settings as limits
	count(size.deny) == 0 with input as plan([fresh, gone]) with data.settings as limits
	count(size.deny) == 0 with input as plan([fresh, fresh, fresh]) with data.settings as {"max_changes": null, "max_losses": null}
	kept := change("aws_sqs_queue", ["no-op"], {}, {})
	count(size.deny) == 0 with input as plan([kept, kept, kept]) with data.settings as limits
}

costs(likely, high) := object.union(plan([fresh]), {"cost": {"likely": likely, "high": high, "currency": "USD"}})

test_a_dear_change_is_asked_about if {
	limit := {"max_monthly_delta": 100}
	count(monthly_delta.deny) == 1 with input as costs("100.01", "200.00") with data.settings as limit
	count(monthly_delta.deny) == 1 with input as costs(100.01, 200) with data.settings as limit
	count(monthly_delta.deny) == 0 with input as costs("99.00", "100.00") with data.settings as limit
	count(monthly_delta.deny) == 0 with input as costs("-500.00", "-500.00") with data.settings as limit
}

test_what_may_become_dear_is_mentioned if {
	limit := {"max_monthly_delta": 100}
	count(monthly_delta.warn) == 1 with input as costs("5.00", "101.00") with data.settings as limit
	count(monthly_delta.warn) == 1 with input as costs(null, null) with data.settings as limit
	count(monthly_delta.warn) == 0 with input as plan([fresh]) with data.settings as limit
}

test_an_agent_makes_no_people if {
	every type in ["aws_iam_user", "aws_iam_access_key", "aws_organizations_account", "aws_ssoadmin_permission_set", "aws_iam_openid_connect_provider"] {
		count(agents_and_people.deny) == 1 with input as by([change(type, ["create"], null, {})], "agent")
		count(agents_and_people.deny) == 0 with input as by([change(type, ["create"], null, {})], "person")
	}
	count(agents_and_people.deny) == 0 with input as by([change("aws_iam_role", ["create"], null, {})], "agent")
}

test_an_agent_changes_no_rights_in_use if {
	count(agents_and_rights.deny) == 1 with input as by([change("aws_iam_role_policy", ["update"], {}, {})], "agent")
	count(agents_and_rights.deny) == 1 with input as by([change("aws_iam_role", ["delete"], {}, null)], "agent")
	count(agents_and_rights.deny) == 1 with input as by([change("google_project_iam_member", ["update"], {}, {})], "agent")
	count(agents_and_rights.deny) == 0 with input as by([change("aws_iam_role", ["create"], null, {})], "agent")
	count(agents_and_rights.deny) == 0 with input as by([change("aws_iam_role", ["update"], {}, {})], "person")
}

ran(resource) := {"plan": {"resource_changes": [], "configuration": {"root_module": {"resources": [resource]}}}}

test_a_program_is_denied if {
	resource := {"address": "null_resource.x", "mode": "managed", "type": "null_resource", "provisioners": [{"type": "local-exec"}]}
	count(provisioners.deny) == 1 with input as ran(resource)
	count(provisioners.deny) == 1 with input as ran({"address": "data.external.x", "mode": "data", "type": "external"})
	count(provisioners.deny) == 0 with input as ran({"address": "null_resource.x", "mode": "managed", "type": "null_resource"})
}

calling(module) := {"module_calls": {"a": {"module": module}}}

test_a_program_in_a_module_is_denied if {
	resource := {"address": "null_resource.x", "mode": "managed", "type": "null_resource", "provisioners": [{"type": "local-exec"}]}
	once := calling({"resources": [resource]})
	count(provisioners.deny) == 1 with input as {"plan": {"configuration": {"root_module": once}}}
	thrice := calling(calling(once))
	count(provisioners.deny) == 1 with input as {"plan": {"configuration": {"root_module": thrice}}}
}

test_modules_that_nobody_reads_are_denied if {
	deep := calling(calling(calling(calling(calling({"resources": []})))))
	count(provisioners.deny) == 1 with input as {"plan": {"configuration": {"root_module": deep}}}
	shallow := calling(calling(calling(calling({"resources": []}))))
	count(provisioners.deny) == 0 with input as {"plan": {"configuration": {"root_module": shallow}}}
}

test_a_guard_that_comes_off_is_asked_about if {
	count(unguarded.deny) == 1 with input as plan([change("aws_db_instance", ["update"], {"deletion_protection": true}, {"deletion_protection": false})])
	count(unguarded.deny) == 1 with input as plan([change("aws_db_instance", ["update"], {"deletion_protection": true}, {})])
	count(unguarded.deny) == 1 with input as plan([change("aws_s3_bucket", ["update"], {"force_destroy": false}, {"force_destroy": true})])
	count(unguarded.deny) == 1 with input as plan([change("aws_db_instance", ["update"], {"backup_retention_period": 14}, {"backup_retention_period": 1})])
}

test_a_guard_that_stays_or_goes_on_passes if {
	count(unguarded.deny) == 0 with input as plan([change("aws_db_instance", ["update"], {"deletion_protection": false}, {"deletion_protection": true})])
	count(unguarded.deny) == 0 with input as plan([change("aws_db_instance", ["update"], {"deletion_protection": true}, {"deletion_protection": true})])
}

test_what_is_forgotten_is_asked_about if {
	count(forgotten.deny) == 1 with input as plan([change("aws_db_instance", ["forget"], {}, null)])
	count(forgotten.deny) == 0 with input as plan([gone])
}

test_a_check_that_fails_is_asked_about if {
	check := {"address": {"to_display": "check.up"}, "status": "fail"}
	count(checks.deny) == 1 with input as {"plan": {"checks": [check]}}
	count(checks.deny) == 1 with input as {"plan": {"errored": true}}
	count(checks.deny) == 0 with input as {"plan": {"checks": [object.union(check, {"status": "pass"})], "errored": false}}
	count(checks.warn) == 1 with input as {"plan": {"checks": [object.union(check, {"status": "unknown"})]}}
}

test_a_destroy_of_everything_is_asked_about if {
	count(everything_goes.deny) == 1 with input as plan([gone, gone, gone])
	count(everything_goes.deny) == 0 with input as plan([gone, gone, gone, change("aws_sqs_queue", ["no-op"], {}, {})])
	count(everything_goes.deny) == 0 with input as plan([gone, gone, gone, fresh])
}
