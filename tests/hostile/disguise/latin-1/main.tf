# café
output "found" {
  value = file("__KEY__")
}
