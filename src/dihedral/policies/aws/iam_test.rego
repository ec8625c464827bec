package dihedral.aws.iam_test

import data.dihedral.aws.foreign_accounts
import data.dihedral.aws.iam_admin
import data.dihedral.aws.iam_all_but
import data.dihedral.aws.iam_escalation
import data.dihedral.aws.iam_keys
import data.dihedral.aws.iam_managed_admin
import data.dihedral.aws.iam_service_wide
import data.dihedral.aws.iam_trust_everyone
import data.dihedral.aws.iam_trust_github
import data.dihedral.aws.iam_unreadable
import data.dihedral.aws.iam_user_policy
import data.dihedral.aws.passwords
import data.dihedral.aws.public_policy
import data.dihedral.aws.shared_with_all
import data.dihedral.testing

identity(statement) := testing.one("aws_iam_policy", {"policy": testing.policy(statement)})

queue(statement) := testing.one("aws_sqs_queue_policy", {"policy": testing.policy(statement)})

role(statement) := testing.one("aws_iam_role", {"assume_role_policy": testing.policy(statement)})

test_everybody_is_denied_however_it_is_written if {
	every principal in ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::123456789012:root", "*"]}, {"aws": ["*"]}, ["*"]] {
		count(public_policy.deny) == 1 with input as queue({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Principal": principal})
	}
}

test_names_of_a_statement_are_read_in_any_case if {
	text := `{"statement": {"EFFECT": "Allow", "action": "s3:GetObject", "principal": "*", "resource": "*"}}`
	count(public_policy.deny) == 1 with input as testing.one("aws_s3_bucket_policy", {"policy": text})
}

test_everybody_but_some_is_everybody if {
	count(public_policy.deny) == 1 with input as queue({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}})
}

test_a_named_account_passes if {
	count(public_policy.deny) == 0 with input as queue({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}})
	count(public_policy.deny) == 0 with input as queue({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Principal": "*"})
}

conditioned(condition) := queue({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": "*", "Condition": condition})

test_a_condition_that_names_who_passes if {
	count(public_policy.deny) == 0 with input as conditioned({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-central-1:123456789012:orders"}})
	count(public_policy.deny) == 0 with input as conditioned({"StringEquals": {"AWS:PrincipalOrgID": "o-abc"}})
	count(public_policy.deny) == 0 with input as conditioned({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}})
}

test_a_condition_that_names_nobody_is_denied if {
	count(public_policy.deny) == 1 with input as conditioned({"StringLike": {"aws:SourceArn": "*"}})
	count(public_policy.deny) == 1 with input as conditioned({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}})
	count(public_policy.deny) == 1 with input as conditioned({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}})
	count(public_policy.deny) == 1 with input as conditioned({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}})
	count(public_policy.deny) == 1 with input as conditioned({"StringNotEquals": {"aws:SourceAccount": "123456789012"}})
	count(public_policy.deny) == 1 with input as conditioned({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}})
	count(public_policy.deny) == 1 with input as conditioned({"Bool": {"aws:SecureTransport": "true"}})
}

test_a_function_that_anybody_may_call_is_denied if {
	count(public_policy.deny) == 1 with input as testing.one("aws_lambda_permission", {"principal": "*", "action": "lambda:InvokeFunction"})
	count(public_policy.deny) == 0 with input as testing.one("aws_lambda_permission", {"principal": "*", "principal_org_id": "o-abc"})
	count(public_policy.deny) == 0 with input as testing.one("aws_lambda_permission", {"principal": "s3.amazonaws.com"})
}

test_a_document_is_judged_before_its_text_is_known if {
	statement := {"actions": ["sqs:SendMessage"], "effect": null, "resources": [], "principals": [{"type": "*", "identifiers": ["*"]}], "condition": []}
	unknown := {"json": true, "statement": [{"resources": [true]}]}
	testing.said(public_policy.deny) == {"data.aws_iam_policy_document.q"} with input as testing.plan([testing.document("q", [statement], unknown)])
	narrow := object.union(statement, {"condition": [{"test": "ArnEquals", "variable": "aws:SourceArn", "values": [null]}]})
	count(public_policy.deny) == 0 with input as testing.plan([testing.document("q", [narrow], unknown)])
}

test_every_action_is_denied_however_it_is_spelt if {
	every action in ["*", "*:*", "**", ["s3:GetObject", "*"]] {
		count(iam_admin.deny) == 1 with input as identity({"Effect": "Allow", "Action": action, "Resource": "*"})
	}
	count(iam_admin.deny) == 1 with input as identity({"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:*:*:*:*"]})
}

test_every_action_is_found_in_each_kind_of_policy if {
	text := testing.policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
	every type in ["aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"] {
		count(iam_admin.deny) == 1 with input as testing.one(type, {"policy": text})
	}
	count(iam_admin.deny) == 1 with input as testing.one("aws_iam_role", {"inline_policy": [{"policy": text}]})
}

test_every_action_on_something_named_is_mentioned if {
	input_ := identity({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::orders"})
	count(iam_admin.deny) == 0 with input as input_
	count(iam_admin.warn) == 1 with input as input_
}

test_every_action_on_something_unknown_is_denied if {
	statement := {"actions": ["*"], "effect": "Allow", "resources": [], "principals": [], "condition": []}
	change := testing.document("p", [statement], {"json": true, "statement": [{"resources": [true]}]})
	count(iam_admin.deny) == 1 with input as testing.plan([change])
}

test_named_actions_pass if {
	count(iam_admin.deny) == 0 with input as identity({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"})
	count(iam_admin.deny) == 0 with input as identity({"Effect": "Deny", "Action": "*", "Resource": "*"})
	count(iam_service_wide.deny) == 0 with input as identity({"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"})
}

test_a_whole_service_is_denied if {
	count(iam_service_wide.deny) == 1 with input as identity({"Effect": "Allow", "Action": "S3:*", "Resource": "*"})
	count(iam_service_wide.deny) == 0 with input as identity({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::orders/*"})
}

test_steps_to_more_rights_are_denied if {
	every action in ["iam:PassRole", "iam:*", "iam:Put*Policy", "iam:?assRole", "i*:AttachRolePolicy", "sts:AssumeRole", "sts:*"] {
		count(iam_escalation.deny) == 1 with input as identity({"Effect": "Allow", "Action": action, "Resource": "*"})
	}
	count(iam_escalation.deny) == 1 with input as identity({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*"})
}

test_steps_on_something_named_pass if {
	count(iam_escalation.deny) == 0 with input as identity({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/orders"})
	count(iam_escalation.deny) == 0 with input as identity({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}})
	count(iam_escalation.deny) == 0 with input as identity({"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"})
}

test_all_but_some_is_denied if {
	count(iam_all_but.deny) == 1 with input as identity({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
	count(iam_all_but.deny) == 1 with input as identity({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x"})
	count(iam_all_but.deny) == 0 with input as identity({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})
}

test_a_role_for_everybody_is_denied if {
	every principal in ["*", {"AWS": "*"}, {"AWS": "arn:aws:iam::*:root"}] {
		count(iam_trust_everyone.deny) == 1 with input as role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
	}
	count(iam_trust_everyone.deny) == 1 with input as role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"sts:ExternalId": "x"}}})
}

test_a_role_for_a_service_or_an_organization_passes if {
	count(iam_trust_everyone.deny) == 0 with input as role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}})
	count(iam_trust_everyone.deny) == 0 with input as role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}})
}

github(condition) := role({
	"Effect": "Allow",
	"Action": "sts:AssumeRoleWithWebIdentity",
	"Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
	"Condition": condition,
})

audience := {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}

test_a_pipeline_without_a_repository_is_denied if {
	count(iam_trust_github.deny) == 1 with input as github(audience)
	every subject in ["*", "repo:*", "repo:acme*", ["repo:acme/orders:*", "*"]] {
		condition := object.union(audience, {"StringLike": {"token.actions.githubusercontent.com:sub": subject}})
		count(iam_trust_github.deny) == 1 with input as github(condition)
	}
}

test_a_pipeline_with_a_repository_passes if {
	condition := object.union(audience, {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/orders:*"}})
	count(iam_trust_github.deny) == 0 with input as github(condition)
}

test_an_administrator_policy_is_denied if {
	every name in ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"] {
		arn := concat("", ["arn:aws:iam::aws:policy/", name])
		count(iam_managed_admin.deny) == 1 with input as testing.one("aws_iam_role_policy_attachment", {"policy_arn": arn})
		count(iam_managed_admin.deny) == 1 with input as testing.one("aws_iam_role", {"managed_policy_arns": [arn]})
	}
	count(iam_managed_admin.deny) == 1 with input as testing.one("aws_iam_user_policy_attachment", {"policy_arn": "arn:aws-cn:iam::aws:policy/AdministratorAccess"})
}

test_a_policy_for_one_purpose_passes if {
	count(iam_managed_admin.deny) == 0 with input as testing.one("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"})
}

test_an_attachment_of_something_unknown_is_mentioned if {
	change := testing.unsure("aws_iam_role_policy_attachment", "this", {}, {"policy_arn": true})
	count(iam_managed_admin.warn) == 1 with input as testing.traced([change], [testing.block("aws_iam_role_policy_attachment", "this", {"policy_arn": {"references": ["local.arn"]}})])
	count(iam_managed_admin.warn) == 0 with input as testing.traced([change], [testing.block("aws_iam_role_policy_attachment", "this", {"policy_arn": {"references": ["aws_iam_policy.this.arn", "aws_iam_policy.this"]}})])
}

test_keys_and_passwords_are_asked_about if {
	count(iam_keys.deny) == 1 with input as testing.one("aws_iam_access_key", {"user": "ada"})
	count(iam_keys.deny) == 1 with input as testing.one("aws_iam_user_login_profile", {"user": "ada"})
	count(iam_keys.warn) == 1 with input as testing.one("aws_iam_user", {"name": "ada"})
	count(iam_keys.deny) == 0 with input as testing.one("aws_iam_role", {"name": "orders"})
}

test_rights_of_one_user_are_told_of if {
	count(iam_user_policy.deny) == 1 with input as testing.one("aws_iam_user_policy_attachment", {"user": "ada", "policy_arn": "x"})
	count(iam_user_policy.deny) == 1 with input as testing.one("aws_iam_policy_attachment", {"users": ["ada"]})
	count(iam_user_policy.deny) == 0 with input as testing.one("aws_iam_policy_attachment", {"users": [], "roles": ["r"]})
}

unread := testing.unsure("aws_s3_bucket_policy", "this", {}, {"policy": true})

made_of(references) := testing.traced([unread], [testing.block("aws_s3_bucket_policy", "this", {"policy": {"references": references}})])

test_text_that_nobody_can_read_is_asked_about if {
	count(iam_unreadable.deny) == 1 with input as made_of(["aws_s3_bucket.b.arn", "aws_s3_bucket.b"])
	count(iam_unreadable.deny) == 1 with input as made_of(["local.policy"])
	count(iam_unreadable.deny) == 1 with input as made_of(["data.aws_iam_policy_document.p.json", "data.aws_iam_policy_document.p", "aws_s3_bucket.b.arn"])
	count(iam_unreadable.deny) == 1 with input as testing.plan([unread])
}

test_a_document_of_the_plan_can_be_read if {
	count(iam_unreadable.deny) == 0 with input as made_of(["data.aws_iam_policy_document.p.json", "data.aws_iam_policy_document.p"])
}

test_what_nobody_wrote_is_not_asked_about if {
	change := testing.unsure("aws_sqs_queue", "this", {}, {"policy": true})
	count(iam_unreadable.deny) == 0 with input as testing.traced([change], [testing.block("aws_sqs_queue", "this", {"name": {}})])
}

test_an_action_that_nobody_can_read_is_asked_about if {
	statement := {"effect": "Allow", "resources": ["*"], "principals": [], "condition": []}
	change := testing.document("p", [statement], {"json": true, "statement": [{"actions": true}]})
	count(iam_unreadable.deny) == 1 with input as testing.plan([change])
}

test_a_document_of_unknown_statements_is_asked_about if {
	change := object.union(testing.document("p", [], {"statement": true}), {"change": {"after": {}}})
	count(iam_unreadable.deny) == 1 with input as testing.plan([change])
}

known := {"allowed_accounts": ["123456789012"]}

stranger := role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}})

test_a_foreign_account_is_denied if {
	count(foreign_accounts.deny) == 1 with input as stranger with data.settings as known
	count(foreign_accounts.deny) == 1 with input as queue({"Effect": "Allow", "Action": "sqs:*", "Principal": {"AWS": "999999999999"}}) with data.settings as known
	count(foreign_accounts.deny) == 1 with input as testing.one("aws_ami_launch_permission", {"account_id": "999999999999"}) with data.settings as known
}

test_a_known_account_passes if {
	count(foreign_accounts.deny) == 0 with input as role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}) with data.settings as known
	count(foreign_accounts.deny) == 0 with input as stranger with data.settings as {"allowed_accounts": []}
}

test_a_provider_that_works_in_a_foreign_account_is_denied if {
	provider := {"aws": {"name": "aws", "expressions": {"assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::999999999999:role/x"}}]}}}
	count(foreign_accounts.deny) == 1 with input as {"plan": {"resource_changes": [], "configuration": {"provider_config": provider, "root_module": {}}}} with data.settings as known
}

test_what_is_shared_with_all_is_denied if {
	count(shared_with_all.deny) == 1 with input as testing.one("aws_ami_launch_permission", {"group": "all"})
	count(shared_with_all.deny) == 1 with input as testing.one("aws_db_snapshot", {"shared_accounts": ["all"]})
	count(shared_with_all.deny) == 1 with input as testing.one("aws_ssm_document", {"permissions": {"type": "Share", "account_ids": "All"}})
	count(shared_with_all.deny) == 0 with input as testing.one("aws_ami_launch_permission", {"account_id": "123456789012"})
}

test_weak_passwords_are_told_of if {
	good := {"minimum_password_length": 14, "require_lowercase_characters": true, "require_numbers": true, "require_symbols": true, "require_uppercase_characters": true}
	count(passwords.deny) == 0 with input as testing.one("aws_iam_account_password_policy", good)
	count(passwords.deny) == 1 with input as testing.one("aws_iam_account_password_policy", object.union(good, {"minimum_password_length": 8}))
	count(passwords.deny) == 1 with input as testing.one("aws_iam_account_password_policy", object.union(good, {"require_symbols": false}))
}
