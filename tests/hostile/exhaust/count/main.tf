resource "terraform_data" "x" {
  count = 1000000
  input = count.index
}
