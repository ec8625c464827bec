resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      for f in /proc/sys/kernel/hostname /proc/self/oom_score_adj /proc/sys/kernel/core_pattern /sys/kernel/mm/ksm/run /sys/fs/cgroup/cgroup.procs; do (: >>$f) && echo opened $f; done; hostname hostile
      echo tried
    EOT
  }
}
