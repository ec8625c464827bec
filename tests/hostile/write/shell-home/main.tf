resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      mkdir -p ~/.terraform.d/plugins ~/.ssh; echo x >>~/.bashrc; echo x >>~/.terraformrc; echo x >>/root/.bashrc; touch /root/hostile-was-here
      echo tried
    EOT
  }
}
