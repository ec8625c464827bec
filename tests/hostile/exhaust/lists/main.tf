locals {
  a = range(1000)
}
output "found" {
  value = length(setproduct(local.a, local.a, local.a))
}
