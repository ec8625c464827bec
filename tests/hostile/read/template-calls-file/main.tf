output "found" {
  value = templatefile("${path.module}/motd.txt", { who = "you" })
}
