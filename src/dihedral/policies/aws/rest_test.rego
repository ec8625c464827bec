package dihedral.aws.rest_test

import data.dihedral.aws.cloudfront_https
import data.dihedral.aws.containers
import data.dihedral.aws.eks_endpoint
import data.dihedral.aws.eks_watch
import data.dihedral.aws.function_url
import data.dihedral.aws.image_registry
import data.dihedral.aws.instance_types
import data.dihedral.aws.key_rotation
import data.dihedral.aws.listener_tls
import data.dihedral.aws.log_retention
import data.dihedral.aws.metadata
import data.dihedral.aws.plain_secrets
import data.dihedral.aws.regions
import data.dihedral.aws.required_tags
import data.dihedral.aws.tls_version
import data.dihedral.aws.trail
import data.dihedral.aws.watchers
import data.dihedral.testing

forward := {"protocol": "HTTP", "default_action": [{"type": "forward"}]}

listener(after, internal) := testing.traced(
	[
		testing.unsure("aws_lb", "front", {"internal": internal}, {"arn": true}),
		testing.unsure("aws_lb_listener", "this", after, {"load_balancer_arn": true}),
	],
	[
		testing.block("aws_lb", "front", {}),
		testing.block("aws_lb_listener", "this", {"load_balancer_arn": {"references": ["aws_lb.front.arn", "aws_lb.front"]}}),
	],
)

test_plain_http_to_the_internet_is_denied if {
	count(listener_tls.deny) == 1 with input as listener(forward, false)
	count(listener_tls.deny) == 1 with input as testing.one("aws_elb", {"internal": false, "listener": [{"lb_protocol": "HTTP"}]})
}

test_plain_http_inside_or_sent_on_passes if {
	count(listener_tls.deny) == 0 with input as listener(forward, true)
	sent_on := {"protocol": "HTTP", "default_action": [{"type": "redirect", "redirect": [{"protocol": "HTTPS"}]}]}
	count(listener_tls.deny) == 0 with input as listener(sent_on, false)
	count(listener_tls.deny) == 0 with input as listener({"protocol": "HTTPS", "default_action": [{"type": "forward"}]}, false)
}

test_a_redirect_to_http_is_no_redirect if {
	same := {"protocol": "HTTP", "default_action": [{"type": "redirect", "redirect": [{"protocol": "HTTP", "port": "8080"}]}]}
	count(listener_tls.deny) == 1 with input as listener(same, false)
}

test_a_listener_that_cannot_be_traced_is_mentioned if {
	count(listener_tls.warn) == 1 with input as testing.one("aws_lb_listener", forward)
}

test_old_tls_is_denied if {
	every policy in ["ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS-1-0-2015-04", "ELBSecurityPolicy-TLS13-1-0-2021-06"] {
		count(tls_version.deny) == 1 with input as testing.one("aws_lb_listener", {"ssl_policy": policy})
	}
	count(tls_version.deny) == 1 with input as testing.one("aws_cloudfront_distribution", {"viewer_certificate": [{"acm_certificate_arn": "a", "minimum_protocol_version": "TLSv1"}]})
	count(tls_version.deny) == 1 with input as testing.one("aws_cloudfront_distribution", {"origin": [{"custom_origin_config": [{"origin_ssl_protocols": ["TLSv1.2", "SSLv3"]}]}]})
	count(tls_version.deny) == 1 with input as testing.one("aws_api_gateway_domain_name", {"security_policy": "TLS_1_0"})
}

test_new_tls_passes if {
	count(tls_version.deny) == 0 with input as testing.one("aws_lb_listener", {"ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"})
	count(tls_version.deny) == 0 with input as testing.one("aws_cloudfront_distribution", {"viewer_certificate": [{"minimum_protocol_version": "TLSv1.2_2021"}]})
	count(tls_version.warn) == 1 with input as testing.one("aws_cloudfront_distribution", {"viewer_certificate": [{"cloudfront_default_certificate": true, "minimum_protocol_version": "TLSv1"}]})
}

test_a_cdn_that_serves_http_is_denied if {
	count(cloudfront_https.deny) == 1 with input as testing.one("aws_cloudfront_distribution", {"default_cache_behavior": [{"viewer_protocol_policy": "allow-all"}]})
	count(cloudfront_https.deny) == 1 with input as testing.one("aws_cloudfront_distribution", {"ordered_cache_behavior": [{"viewer_protocol_policy": "https-only"}, {"viewer_protocol_policy": "allow-all"}]})
	count(cloudfront_https.deny) == 0 with input as testing.one("aws_cloudfront_distribution", {"default_cache_behavior": [{"viewer_protocol_policy": "redirect-to-https"}]})
	count(cloudfront_https.warn) == 1 with input as testing.one("aws_cloudfront_distribution", {"origin": [{"custom_origin_config": [{"origin_protocol_policy": "http-only"}]}]})
}

test_a_function_for_anybody_is_denied if {
	count(function_url.deny) == 1 with input as testing.one("aws_lambda_function_url", {"authorization_type": "NONE"})
	count(function_url.deny) == 0 with input as testing.one("aws_lambda_function_url", {"authorization_type": "AWS_IAM"})
	count(function_url.warn) == 1 with input as testing.one("aws_api_gateway_method", {"authorization": "NONE", "http_method": "GET"})
	count(function_url.warn) == 0 with input as testing.one("aws_api_gateway_method", {"authorization": "NONE", "http_method": "OPTIONS"})
}

test_credentials_without_a_session_are_denied if {
	every type in ["aws_instance", "aws_launch_template", "aws_launch_configuration"] {
		count(metadata.deny) == 1 with input as testing.one(type, {"metadata_options": [{"http_tokens": "optional"}]})
		count(metadata.deny | metadata.warn) == 0 with input as testing.one(type, {"metadata_options": [{"http_tokens": "required"}]})
		count(metadata.warn) == 1 with input as testing.one(type, {})
	}
	count(metadata.deny | metadata.warn) == 0 with input as testing.one("aws_instance", {"metadata_options": [{"http_endpoint": "disabled"}]})
}

asked := {"asked_instance_types": ["*.metal*", "p[2-9]*.*"], "allowed_instance_types": []}

test_large_machines_are_asked_about if {
	every size in ["m7i.metal-48xl", "p5.48xlarge", "P5.48xlarge"] {
		count(instance_types.deny) == 1 with input as testing.one("aws_instance", {"instance_type": size}) with data.settings as asked
	}
	count(instance_types.deny) == 1 with input as testing.one("aws_eks_node_group", {"instance_types": ["t3.small", "p4d.24xlarge"]}) with data.settings as asked
	count(instance_types.deny) == 0 with input as testing.one("aws_instance", {"instance_type": "t3.large"}) with data.settings as asked
}

test_machines_outside_the_list_are_denied if {
	listed := {"allowed_instance_types": ["t4g.*"]}
	count(instance_types.deny) == 1 with input as testing.one("aws_db_instance", {"instance_class": "db.m7g.large"}) with data.settings as listed
	count(instance_types.deny) == 0 with input as testing.one("aws_db_instance", {"instance_class": "db.t4g.large"}) with data.settings as listed
}

leaked := "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"

test_a_key_in_user_data_is_denied if {
	count(plain_secrets.deny) == 1 with input as testing.one("aws_instance", {"user_data": leaked})
	count(plain_secrets.deny) == 1 with input as testing.one("aws_launch_template", {"user_data": base64.encode(leaked)})
	digest := testing.make("aws_instance", "this", {"user_data": "d32f82dba32bbd4be23d4b9a52b21fbd4b62a4d2"})
	count(plain_secrets.deny) == 1 with input as testing.traced([digest], [testing.block("aws_instance", "this", {"user_data": {"constant_value": leaked}})])
	count(plain_secrets.deny) == 0 with input as testing.one("aws_instance", {"user_data": "#!/bin/sh\ndnf install -y nginx\n"})
}

test_a_key_in_an_environment_is_denied if {
	pem := "-----BEGIN RSA PRIVATE KEY-----\nMIIE"
	count(plain_secrets.deny) == 1 with input as testing.one("aws_lambda_function", {"environment": [{"variables": {"KEY": pem}}]})
	count(plain_secrets.deny) == 1 with input as testing.one("aws_ecs_task_definition", {"container_definitions": json.marshal([{"environment": [{"name": "K", "value": "AKIAIOSFODNN7EXAMPLE"}]}])})
	count(plain_secrets.deny) == 1 with input as testing.one("aws_codebuild_project", {"environment": [{"environment_variable": [{"name": "K", "value": "AKIAIOSFODNN7EXAMPLE"}]}]})
}

test_the_secret_is_not_repeated if {
	every found in plain_secrets.deny {
		not contains(found.msg, "AKIA")
	} with input as testing.one("aws_instance", {"user_data": leaked})
}

test_a_password_by_its_name_is_mentioned if {
	count(plain_secrets.warn) == 1 with input as testing.one("aws_lambda_function", {"environment": [{"variables": {"DB_PASSWORD": "hunter2hunter2"}}]})
	count(plain_secrets.warn) == 0 with input as testing.one("aws_lambda_function", {"environment": [{"variables": {"DB_PASSWORD": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db"}}]})
	count(plain_secrets.warn) == 0 with input as testing.one("aws_lambda_function", {"environment": [{"variables": {"TABLE": "orders"}}]})
}

test_a_key_in_a_provider_is_denied if {
	provider := {"aws": {"name": "aws", "expressions": {"secret_key": {"constant_value": "x"}}}}
	count(plain_secrets.deny) == 1 with input as {"plan": {"resource_changes": [], "configuration": {"provider_config": provider, "root_module": {}}}}
	by_name := {"aws": {"name": "aws", "expressions": {"secret_key": {"references": ["var.key"]}}}}
	count(plain_secrets.deny) == 0 with input as {"plan": {"resource_changes": [], "configuration": {"provider_config": by_name, "root_module": {}}}}
}

test_an_open_control_plane_is_denied if {
	count(eks_endpoint.deny) == 1 with input as testing.one("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": true, "public_access_cidrs": ["0.0.0.0/0"]}]})
	count(eks_endpoint.deny) == 1 with input as testing.one("aws_eks_cluster", {"vpc_config": [{}]})
	count(eks_endpoint.deny) == 0 with input as testing.one("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": false}]})
	count(eks_endpoint.deny) == 0 with input as testing.one("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": true, "public_access_cidrs": ["203.0.113.0/24"]}]})
	count(eks_endpoint.deny) == 1 with input as testing.one("aws_eks_node_group", {"remote_access": [{"ec2_ssh_key": "k"}]})
}

test_a_cluster_that_nobody_watches_is_told_of if {
	count(eks_watch.deny) == 2 with input as testing.one("aws_eks_cluster", {"enabled_cluster_log_types": ["api"], "encryption_config": []})
	count(eks_watch.deny) == 0 with input as testing.one("aws_eks_cluster", {"enabled_cluster_log_types": ["api", "audit", "authenticator"], "encryption_config": [{"resources": ["secrets"]}]})
}

test_a_privileged_container_is_denied if {
	count(containers.deny) == 1 with input as testing.one("aws_ecs_task_definition", {"container_definitions": json.marshal([{"name": "a"}, {"name": "b", "privileged": true}])})
	count(containers.deny) == 1 with input as testing.one("aws_ecs_task_definition", {"pid_mode": "host", "container_definitions": "[]"})
	count(containers.deny) == 1 with input as testing.one("aws_batch_job_definition", {"container_properties": json.marshal({"privileged": true})})
	count(containers.warn) == 1 with input as testing.one("aws_codebuild_project", {"environment": [{"privileged_mode": true}]})
	count(containers.deny) == 0 with input as testing.one("aws_ecs_task_definition", {"container_definitions": json.marshal([{"name": "a"}])})
}

test_a_registry_whose_tags_move_is_told_of if {
	count(image_registry.deny) == 2 with input as testing.one("aws_ecr_repository", {"image_tag_mutability": "MUTABLE"})
	count(image_registry.deny) == 0 with input as testing.one("aws_ecr_repository", {"image_tag_mutability": "IMMUTABLE", "image_scanning_configuration": [{"scan_on_push": true}]})
}

test_a_key_that_is_never_renewed_is_told_of if {
	count(key_rotation.deny) == 1 with input as testing.one("aws_kms_key", {"enable_key_rotation": false})
	count(key_rotation.deny) == 0 with input as testing.one("aws_kms_key", {"enable_key_rotation": true})
	count(key_rotation.deny) == 0 with input as testing.one("aws_kms_key", {"enable_key_rotation": false, "customer_master_key_spec": "RSA_2048"})
}

test_half_a_trail_is_denied if {
	count(trail.deny) == 2 with input as testing.one("aws_cloudtrail", {})
	count(trail.deny) == 0 with input as testing.one("aws_cloudtrail", {"is_multi_region_trail": true, "enable_log_file_validation": true})
	count(trail.deny) == 1 with input as testing.one("aws_cloudtrail", {"is_multi_region_trail": true, "enable_log_file_validation": true, "enable_logging": false})
}

test_a_watcher_that_goes_is_denied if {
	count(watchers.deny) == 1 with input as testing.plan([testing.remove("aws_guardduty_detector", "this", {})])
	count(watchers.deny) == 1 with input as testing.one("aws_guardduty_detector", {"enable": false})
	count(watchers.deny) == 0 with input as testing.one("aws_guardduty_detector", {"enable": true})
}

test_logs_without_an_end_are_told_of if {
	count(log_retention.deny) == 1 with input as testing.one("aws_cloudwatch_log_group", {"retention_in_days": 0})
	count(log_retention.deny) == 0 with input as testing.one("aws_cloudwatch_log_group", {"retention_in_days": 30})
}

tags := {"required_tags": ["Owner", "CostCenter"]}

test_missing_tags_are_denied if {
	count(required_tags.deny) == 1 with input as testing.one("aws_sqs_queue", {"tags_all": {"Owner": "a"}}) with data.settings as tags
	count(required_tags.deny) == 1 with input as testing.one("aws_sqs_queue", {"tags_all": {"Owner": "a", "CostCenter": ""}}) with data.settings as tags
	count(required_tags.deny) == 1 with input as testing.one("aws_sqs_queue", {"tags_all": null}) with data.settings as tags
}

test_tags_that_are_there_pass if {
	count(required_tags.deny) == 0 with input as testing.one("aws_sqs_queue", {"tags_all": {"Owner": "a", "CostCenter": "b"}}) with data.settings as tags
	unknown := testing.unsure("aws_sqs_queue", "this", {"tags_all": {"Owner": "a"}}, {"tags_all": {"CostCenter": true}})
	count(required_tags.deny) == 0 with input as testing.plan([unknown]) with data.settings as tags
	count(required_tags.deny) == 0 with input as testing.one("aws_iam_role_policy", {"policy": "{}"}) with data.settings as tags
	count(required_tags.deny) == 0 with input as testing.one("aws_sqs_queue", {"tags_all": {}}) with data.settings as {"required_tags": []}
}

here := {"allowed_regions": ["eu-central-1"]}

test_another_region_is_denied if {
	count(regions.deny) == 1 with input as testing.one("aws_sqs_queue", {"region": "us-west-2"}) with data.settings as here
	count(regions.deny) == 1 with input as testing.one("aws_ebs_volume", {"availability_zone": "us-gov-west-1a"}) with data.settings as here
	provider := {"aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}}}
	count(regions.deny) == 1 with input as {"plan": {"resource_changes": [], "variables": {"region": {"value": "us-west-2"}}, "configuration": {"provider_config": provider, "root_module": {}}}} with data.settings as here
}

test_an_allowed_region_passes if {
	count(regions.deny) == 0 with input as testing.one("aws_ebs_volume", {"region": "eu-central-1", "availability_zone": "eu-central-1a"}) with data.settings as here
	count(regions.deny) == 0 with input as testing.one("aws_sqs_queue", {"region": "us-west-2"}) with data.settings as {"allowed_regions": []}
}
