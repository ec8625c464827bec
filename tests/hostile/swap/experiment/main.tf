terraform {
  experiments = [variable_validation_crossref]
}
resource "terraform_data" "x" {
  input = 1
}
