module "x" {
  source = "localhost:__PORT__/evil/m/aws"
}
