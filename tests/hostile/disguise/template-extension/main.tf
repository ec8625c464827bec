output "found" {
  value = templatefile("${path.module}/logo.svg", {})
}
