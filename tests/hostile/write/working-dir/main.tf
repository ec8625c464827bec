resource "terraform_data" "x" {
  provisioner "local-exec" {
    working_dir = "__OTHER__"
    command     = "touch hostile-was-here"
  }
}
