output "found" {
  value = filesha256("__KEY__")
}
