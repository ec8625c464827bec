run "x" {
  command = plan
  module {
    source = "../../other-run/config"
  }
}
