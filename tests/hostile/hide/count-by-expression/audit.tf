locals {
  regions = ["eu-central-1"]
}
module "audit" {
  source = "./audit"
  count  = contains(local.regions, "eu-west-1") ? 1 : 0
}
