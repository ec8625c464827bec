variable "word" {
  type      = string
  sensitive = true
  default   = null
}
output "word" {
  value = nonsensitive(var.word)
}
