resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      head -c 400000000 /dev/zero | tr "\\0" x
    EOT
  }
}
