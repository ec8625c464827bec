output "found" {
  value = templatefile("__KEY__", {})
}
