resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      yes "all is well with this run, and nothing needs to be looked at" | head -c 300000000
    EOT
  }
}
