resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os, time
      for n in range(200000):
          os.close(os.open(f"f{n}", os.O_CREAT))
      print("filled it", flush=True)
      time.sleep(30)
    EOT
  }
}
