output "x" {
  value = "invoices\u202egpj.exe"
}
