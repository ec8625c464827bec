module "x" {
  source = "git::file://__OTHER__"
}
