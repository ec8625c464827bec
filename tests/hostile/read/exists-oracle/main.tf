locals {
  wanted = ["__KEY__", "__OTHER__/terraform.tfstate", "/etc/shadow", "/etc/machine-id",
            "/root/.ssh/id_rsa", "/root/.aws/credentials", "/var/run/docker.sock"]
}
output "found" {
  value = "there are: ${join(", ", [for path in local.wanted : path if fileexists(path)])}."
}
