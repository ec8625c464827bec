resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      trap : INT TERM HUP; while :; do :; done
    EOT
  }
}
