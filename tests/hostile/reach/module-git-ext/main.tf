module "x" {
  source = "git::ext::sh -c 'cat __KEY__ >&2'"
}
