resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      ip link add x type dummy; ip route add default via 127.0.0.1; ip addr add 192.0.2.2/24 dev lo; unshare -rn true && echo REACHED
      (exec 3<>/dev/tcp/192.0.2.1/80 && echo REACHED)
      echo tried
    EOT
  }
}
