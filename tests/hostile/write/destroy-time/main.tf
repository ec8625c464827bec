resource "terraform_data" "x" {
  triggers_replace = [timestamp()]
  provisioner "local-exec" {
    when    = destroy
    command = "touch ../../hostile-was-here"
  }
}
resource "terraform_data" "y" {
  provisioner "local-exec" {
    command = "touch ../../hostile-was-here __OTHER__/hostile-was-here"
  }
}
