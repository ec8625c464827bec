resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os
      for name in [b"\\xff\\xfe", b"-rf", b"a\\nb", b"\\x1b]0;x\\x07", b" ", b"x" * 255, b"*", b"con.tf", b"..."]:
          os.makedirs(name, exist_ok=True)
          open(name + b"/" + name, "w").close()
      print("made them")
    EOT
  }
}
