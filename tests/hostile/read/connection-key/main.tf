resource "terraform_data" "x" {
  connection {
    type        = "ssh"
    host        = "127.0.0.1"
    port        = __PORT__
    user        = "root"
    private_key = file("~/.ssh/id_rsa")
  }
  provisioner "remote-exec" {
    inline = ["id"]
  }
}
