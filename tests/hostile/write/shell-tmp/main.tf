resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      touch /tmp/hostile-was-here && echo mine; touch /var/tmp/hostile-was-here /dev/shm/hostile-was-here /run/hostile-was-here
      true
    EOT
  }
}
