resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      export HTTPS_PROXY=http://127.0.0.1:__PORT__ https_proxy=http://127.0.0.1:__PORT__
      curl -sS --max-time 5 https://evil.example/ || echo no way
      wget -qO- --timeout=5 --tries=1 https://evil.example/ || echo no way
    EOT
  }
}
