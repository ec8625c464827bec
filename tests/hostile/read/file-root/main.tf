output "found" {
  value = jsondecode(file("${path.root}/../../other-run/terraform.tfstate")).outputs
}
