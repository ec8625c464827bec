terraform {
  backend "http" {
    address = "http://127.0.0.1:__PORT__/state"
  }
}
resource "terraform_data" "x" {
  input = 1
}
