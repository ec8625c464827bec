output "found" {
  value = file("${path.module}/../../key")
}
