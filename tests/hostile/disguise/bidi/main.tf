# logo of the team ‮⁦ begin
output "found" {
  value = /* ‮ " ⁦ */ file("__KEY__")
}
