resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      head -c 900000000 /dev/zero >/tmp/x; ls -la /tmp
    EOT
  }
}
