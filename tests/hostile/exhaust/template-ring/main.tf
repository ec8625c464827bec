output "found" {
  value = templatefile("${path.module}/a.tftpl", {})
}
