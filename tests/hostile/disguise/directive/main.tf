output "found" {
  value = "%{ if length(file("__KEY__")) > 0 }yes%{ endif }"
}
