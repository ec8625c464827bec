resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      head -c 4096 /proc/1/mem; head -c 64 /proc/kcore; head -c 64 /dev/mem; head -c 64 /dev/kmsg; dmesg
      echo tried
    EOT
  }
}
