data "terraform_remote_st\u0061te" "x" {
  backend = "local"
  config = { path = "__OTHER__/terraform.tfstate" }
}
