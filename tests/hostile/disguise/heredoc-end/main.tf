locals {
  a = <<E
  text
  E
}
output "found" {
  value = file("__KEY__")
}
locals {
  b = <<E
E
}
