resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for d in /dev/sda /dev/vda /dev/nvme0n1 /dev/loop0; do head -c 512 $d; done
      mknod disk b 8 0 && head -c 512 disk
      echo tried
    EOT
  }
}
