output "found" {
  value = "nothing to see"
}
