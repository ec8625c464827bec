provider "registry.evil.example/evil/aws" {
  version = "6.0.0"
  hashes  = ["h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
}
