resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      dd if=/dev/zero of=big bs=1M count=500; sleep 30
    EOT
  }
}
