resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      mount --bind / /tmp; mount -o remount,rw /usr; mount -t proc proc /tmp; mount -t overlay o -olowerdir=/usr,upperdir=/tmp,workdir=/tmp /usr; umount -l /usr; pivot_root . /tmp; touch /usr/hostile-was-here
      echo tried
    EOT
  }
}
