output "found" {
  value = bcrypt("x", 31)
}
