resource "terraform_data" "x" {
  provisioner"local-exec" {
    command = "cat __KEY__"
  }
}
