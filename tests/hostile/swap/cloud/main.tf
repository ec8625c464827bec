terraform {
  cloud {
    hostname     = "localhost:__PORT__"
    organization = "evil"
    workspaces {
      name = "x"
    }
  }
}
resource "terraform_data" "x" {
  input = 1
}
