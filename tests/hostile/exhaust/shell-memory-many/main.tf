resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for n in 1 2 3 4 5 6 7 8; do python3 -c "import time; x = bytearray(80 << 20); time.sleep(30)" & done; wait
    EOT
  }
}
