module "x" {
  source = "../../other-run/config"
}
output "found" {
  value = module.x
}
