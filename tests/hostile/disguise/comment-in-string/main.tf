locals {
  a = "/*"
}
output "found" {
  value = file("__KEY__")
}
locals {
  b = "*/"
}
