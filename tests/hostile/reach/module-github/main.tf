module "x" {
  source = "github.com/evil/module"
}
