terraform {
  backend "local" {
    path = "__KEY__"
  }
}
resource "terraform_data" "x" {}
