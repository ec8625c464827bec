variable "logo" {
  type = string
}
output "found" {
  value = filebase64(var.logo)
}
