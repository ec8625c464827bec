output "found" {
  value = fіle("__KEY__")
}
