output "found" {
  value = file("~/.aws/credentials")
}
