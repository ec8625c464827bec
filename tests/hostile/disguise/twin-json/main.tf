output "a" {
  value = "nothing to see"
}
