resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      ln -s ../.. up; ln -s __KEY__ key; ln -s / root; echo x >key; echo x >up/hostile-was-here; echo x >root/etc/hostile-was-here; ln ../terraform.rc rc; ln /usr/bin/env env
      echo tried
    EOT
  }
}
