provider "registry.terraform.io/hashicorp/aws" {{
  version = 
