module "m" {
  source = "./m"
}
output "found" {
  value = module.m.found
}
