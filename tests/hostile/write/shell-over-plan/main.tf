resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      echo x >../plan.tfplan; cp main.tf ../plan.tfplan; rm -f ../plan.tfplan; mv main.tf ../plan.tfplan
      echo tried
    EOT
  }
}
