# METADATA
# scope: package
# title: Machines of the sizes that you allow
# description: One word can make a machine a hundred times dearer.
# custom:
#   id: DH-AWS-EC2-004
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Take a smaller machine, or add the pattern to settings.allowed_instance_types (or take it
#     out of settings.asked_instance_types).
package dihedral.aws.instance_types

import data.dihedral.lib

attribute := {
	"aws_instance": "instance_type",
	"aws_spot_instance_request": "instance_type",
	"aws_launch_template": "instance_type",
	"aws_launch_configuration": "instance_type",
	"aws_eks_node_group": "instance_types",
	"aws_db_instance": "instance_class",
	"aws_rds_cluster_instance": "instance_class",
	"aws_docdb_cluster_instance": "instance_class",
	"aws_neptune_cluster_instance": "instance_class",
	"aws_elasticache_cluster": "node_type",
	"aws_elasticache_replication_group": "node_type",
	"aws_memorydb_cluster": "node_type",
	"aws_redshift_cluster": "node_type",
	"aws_dms_replication_instance": "replication_instance_class",
	"aws_sagemaker_notebook_instance": "instance_type",
	"aws_mq_broker": "host_instance_type",
}

used contains {"address": r.address, "size": size} if {
	some type, name in attribute
	some r in lib.changed[type]
	some one in lib.list(lib.value(r, [name]))
	is_string(one)
	size := lower(regex.replace(one, `^(db|cache|ml|dms|mq)\.`, ""))
}

deny contains {"address": one.address, "msg": sprintf("%s is a large or special machine", [one.size])} if {
	some one in used
	one.size in asked
}

asked := {size |
	some size in {one.size | some one in used}
	some pattern in lib.setting("asked_instance_types")
	glob.match(lower(pattern), null, size)
	not allowed(size)
}

deny contains {"address": one.address, "msg": sprintf("%s is not on the list of allowed types", [one.size])} if {
	count(lib.setting("allowed_instance_types")) > 0
	some one in used
	not allowed(one.size)
}

allowed(size) if {
	some pattern in lib.setting("allowed_instance_types")
	glob.match(lower(pattern), null, size)
}
