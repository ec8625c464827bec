module "x" {
  source = "hg::http://127.0.0.1:__PORT__/m"
}
