locals {
  key = "__KEY__"
}
output "found" {
  value = "$$${file(local.key)}"
}
