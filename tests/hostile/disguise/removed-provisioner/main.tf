removed {
  from = terraform_data.old
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when    = destroy
    command = "cat __KEY__"
  }
}
