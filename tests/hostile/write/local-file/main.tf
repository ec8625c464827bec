resource "local_file" "x" {
  content  = "* * * * * root id"
  filename = "/etc/cron.d/hostile-was-here"
}
