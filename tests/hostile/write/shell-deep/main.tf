resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os
      for n in range(1500):
          os.mkdir("d")
          os.chdir("d")
      open("end", "w").close()
      print("went down")
    EOT
  }
}
