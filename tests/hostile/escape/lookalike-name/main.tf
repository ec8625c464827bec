resource "terraform_data" "main" {}
resource "terraform_data" "mαin" {}
