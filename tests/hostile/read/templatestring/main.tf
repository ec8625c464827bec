locals {
  name     = "file"
  template = "$${${local.name}(\"__KEY__\")}"
}
output "found" {
  value = templatestring(local.template, {})
}
