resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import ctypes, os
      libc = ctypes.CDLL(None, use_errno=True)
      calls = {"add_key": (248, b"user", b"hostile", b"x", 1, -3), "shmget": (29, 4242, 4096, 0o1666),
               "msgget": (68, 4242, 0o1666), "memfd": (319, b"x", 0), "bpf": (321, 0, None, 0), "userfaultfd": (323, 0),
               "io_uring": (425, 8, None), "perf": (298, None, 0, -1, -1, 0), "kexec": (246, 0, 0, None, 0)}
      for name, words in calls.items():
          got = libc.syscall(*words)
          print(name, "made" if got >= 0 else os.strerror(ctypes.get_errno()))
    EOT
  }
}
