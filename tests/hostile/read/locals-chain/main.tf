locals {
  a = "/proc/self/cwd"
  b = "${local.a}/../../key"
  c = try(file(local.b), "only what is mine")
}
output "found" {
  value = local.c
}
