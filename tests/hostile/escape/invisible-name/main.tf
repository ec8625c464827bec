resource "terraform_data" "ma­in" {}
