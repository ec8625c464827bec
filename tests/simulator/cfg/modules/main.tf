terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "far"
  region = "ap-south-1"
}

module "near" {
  source   = "./bucket"
  for_each = toset(["red", "blue"])
  name     = "paint-${each.key}"
}

module "far" {
  source    = "./bucket"
  name      = "paint-far"
  providers = { aws = aws.far }
}

output "regions" {
  value = { near = module.near["red"].region, far = module.far.region }
}
