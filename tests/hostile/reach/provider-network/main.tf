terraform {
  required_providers {
    shell = { source = "scottwinkler/shell" }
  }
}
data "shell_script" "x" {
  lifecycle_commands {
    read = "env"
  }
}
