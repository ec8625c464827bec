output "found" {
  value = file(join("", reverse(["__KEY__", ""])))
}
