module "x" {
  source = "__OTHER__/config"
}
output "found" {
  value = module.x
}
