resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for host in 127.0.0.1 localhost 0.0.0.0 ::1; do (exec 3<>/dev/tcp/$host/__PORT__ && echo hello >&3 && echo REACHED); done
      echo tried
    EOT
  }
}
