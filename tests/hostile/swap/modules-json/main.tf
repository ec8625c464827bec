module "x" {
  source = "./a"
}
output "found" {
  value = module.x
}
