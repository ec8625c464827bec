# METADATA
# scope: package
# title: A public load balancer speaks HTTPS
# description: Passwords, cookies and what people read would cross the internet in the clear.
# custom:
#   id: DH-AWS-WEB-001
#   severity: high
#   level: soft-mandatory
#   unknown: mentioned (warn) where the load balancer cannot be traced
#   remedy: Add an HTTPS listener with a certificate, and let the HTTP one redirect to it.
#   checkov:
#     - CKV_AWS_2
#     - CKV2_AWS_20
#     - CKV_AWS_376
package dihedral.aws.listener_tls

import data.dihedral.lib

inner := {lib.key(r) |
	some type in {"aws_lb", "aws_alb"}
	some r in lib.standing[type]
	lib.on(r, ["internal"])
}

listeners := {"aws_lb_listener", "aws_alb_listener"}

deny contains lib.finding(r, "serves plain HTTP to the internet") if {
	some r in plain
	targets := lib.targets(r, "load_balancer_arn")
	count(targets) > 0
	count(targets & inner) == 0
}

warn contains lib.finding(r, "serves plain HTTP, and its load balancer cannot be traced") if {
	some r in plain
	count(lib.targets(r, "load_balancer_arn")) == 0
}

plain contains r if {
	some type in listeners
	some r in lib.changed[type]
	lib.text(lib.value(r, ["protocol"])) == "http"
	some action in lib.blocks(r, "default_action")
	not sends_on(action)
}

sends_on(action) if {
	action.type == "redirect"
	some redirect in lib.list(object.get(action, "redirect", null))
	lib.text(redirect.protocol) == "https"
}

# It answers with a fixed text: nothing is served.
sends_on(action) if action.type == "fixed-response"

deny contains lib.finding(r, "serves plain HTTP to the internet") if {
	some r in lib.changed.aws_elb
	not lib.on(r, ["internal"])
	some listener in lib.blocks(r, "listener")
	lib.text(object.get(listener, "lb_protocol", "")) == "http"
}
