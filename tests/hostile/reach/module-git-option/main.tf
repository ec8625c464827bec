module "x" {
  source = "git::http://127.0.0.1:__PORT__/m.git?ref=--upload-pack=touch%20hostile-was-here"
}
