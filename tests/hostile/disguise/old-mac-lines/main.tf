# only a commentoutput "a" { value = 1 }
output "found" {
  value = file("__KEY__")
}
