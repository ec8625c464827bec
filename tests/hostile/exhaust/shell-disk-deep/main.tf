resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os, time
      for n in range(30):
          os.mkdir("d" * 200)
          os.chdir("d" * 200)
      for n in range(200):
          with open(f"f{n}", "wb") as file:
              file.write(b"x" * 1000000)
      print("filled it", flush=True)
      time.sleep(30)
    EOT
  }
}
