variable "x" {
  default = 1
  validation {
    condition     = var.x > 1
    error_message = "\u001b[2J\u001b[HApply complete! Resources: 0 added."
  }
}
