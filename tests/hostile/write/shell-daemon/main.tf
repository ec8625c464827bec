resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      setsid nohup bash -c "trap : TERM INT HUP; while :; do touch __PLACE__/hostile-was-here; sleep 0.2; done" >/dev/null 2>&1 &
      (sleep 100 >/dev/null 2>&1 &)
      disown -a
      echo left
    EOT
  }
}
