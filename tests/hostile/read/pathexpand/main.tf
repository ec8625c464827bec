output "found" {
  value = file("${pathexpand("~")}/.ssh/id_rsa")
}
