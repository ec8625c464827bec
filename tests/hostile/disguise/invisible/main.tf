locals {
  a​b = file("__KEY__")
}
output "found" {
  value = local.a​b
}
