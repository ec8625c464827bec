resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      echo "provider_installation {}" >../terraform.rc; echo x >../variables.tfvars; rm -f ../lock; mkdir ../mirror/x; touch ../hostile-was-here
      echo tried
    EOT
  }
}
