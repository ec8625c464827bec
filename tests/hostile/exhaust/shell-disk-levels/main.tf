resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os, time
      for n in range(1500):
          os.mkdir("d")
          os.chdir("d")
      for n in range(200):
          with open(f"f{n}", "wb") as file:
              file.write(b"x" * 1000000)
      print("filled it", flush=True)
      time.sleep(30)
    EOT
  }
}
