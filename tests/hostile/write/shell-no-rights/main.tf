resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      mkdir -p a/b/c; touch a/b/c/d; chattr +i a/b/c/d; chmod 000 a/b/c a/b a; chmod 000 terraform.tfstate .; ls -ld .
    EOT
  }
}
