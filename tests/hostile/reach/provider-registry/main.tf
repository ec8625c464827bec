terraform {
  required_providers {
    evil = { source = "localhost:__PORT__/evil/evil" }
  }
}
resource "evil_x" "x" {}
