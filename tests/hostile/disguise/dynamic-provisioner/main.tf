resource "terraform_data" "x" {
  dynamic "provisioner" {
    for_each = ["local-exec"]
    labels   = [provisioner.value]
    content {
      command = "cat __KEY__"
    }
  }
}
