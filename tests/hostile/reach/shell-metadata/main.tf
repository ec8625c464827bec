resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for host in 169.254.169.254 169.254.170.2 fd00:ec2::254 100.100.100.200; do (exec 3<>/dev/tcp/$host/80 && echo REACHED); done
      echo tried
    EOT
  }
}
