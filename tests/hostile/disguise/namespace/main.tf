output "found" {
  value = core::file("__KEY__")
}
