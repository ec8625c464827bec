provider "registry.terraform.io/hashicorp/aws" {
  version = ">= 0.0.1"
}
