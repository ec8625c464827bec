# Gives two teams a role and a storage each, and neither the other's.
locals {
  teams = { alpha = ["s3:GetObject", "s3:PutObject"], beta = ["s3:GetObject"] }
}
module "team" {
  source   = "./team"
  for_each = local.teams
  name     = each.key
  actions  = each.value
}
output "roles" {
  value = { for name, team in module.team : name => team.role }
}
