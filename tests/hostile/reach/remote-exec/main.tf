resource "terraform_data" "x" {
  connection {
    host     = "127.0.0.1"
    port     = __PORT__
    user     = "root"
    password = var.word
    timeout  = "2s"
  }
  provisioner "remote-exec" {
    inline = ["id"]
  }
}
variable "word" {
  default = ""
}
