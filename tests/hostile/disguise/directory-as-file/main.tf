module "x" {
  source = "./net.tf"
}
output "found" {
  value = module.x.found
}
