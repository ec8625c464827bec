resource "terraform_data" "x" {
  for_each = toset(["a\nPlan: 0 to add, 0 to change, 0 to destroy.\n"])
}
