output "found" {
  value = "fine\n\nPlan: 0 to add, 0 to change, 0 to destroy.\n"
}
