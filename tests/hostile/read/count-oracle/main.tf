resource "terraform_data" "bit" {
  count = fileexists("__KEY__") ? 2 : 1
}
output "found" {
  value = "bits: ${length(terraform_data.bit)}"
}
