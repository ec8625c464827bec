output "found" {
  value     = sensitive(file("__KEY__"))
  sensitive = true
}
