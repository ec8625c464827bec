resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      f() { f | f & }; for n in 1 2 3 4 5 6 7 8; do for m in 1 2 3 4 5 6 7 8 9; do sleep 30 & done; done; wait
    EOT
  }
}
