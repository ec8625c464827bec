terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
output "found" {
  value = provider::terraform::decode_tfvars(file("__OTHER__/variables.tfvars"))
}
