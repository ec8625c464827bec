provider "aws" {
  region     = "eu-central-1"
  access_key = "__AKIA__"
  secret_key = "wJalrXUtnFEMIK7MDENGbPxRfiCYzz9Qk2Lw8XcV"
}
