locals {
  id = "__AKIA__"
}
