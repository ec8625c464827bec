resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      cat __KEY__ __OTHER__/terraform.tfstate ../../key ../../other-run/* /etc/shadow /root/.bashrc
      ls -la /root /home /var /srv /run
      true
    EOT
  }
}
