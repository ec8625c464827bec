data "local_file" "x" {
  filename = "/etc/shadow"
}
