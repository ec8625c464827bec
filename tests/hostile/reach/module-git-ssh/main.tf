module "x" {
  source = "git::ssh://git@127.0.0.1:__PORT__/m.git"
}
