resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      echo gone >__KEY__; echo gone >__OTHER__/terraform.tfstate; echo gone >../../key; rm -rf __OTHER__ ../../other-run; truncate -s 0 ../../key
      touch ../../hostile-was-here __OTHER__/hostile-was-here
      echo tried
    EOT
  }
}
