variable "name" {
  description = "Name of the instance; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 28 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "owner" {
  description = "The team or person who answers for it."
  type        = string

  validation {
    condition     = can(regex("^[\\p{L}\\p{N} _.:/=+@-]{1,128}$", var.owner))
    error_message = "The owner has 1 to 128 letters, digits, spaces and any of _ . : / = + @ -"
  }
}

variable "cost_center" {
  description = "Who pays for it."
  type        = string
  default     = "unassigned"

  validation {
    condition     = can(regex("^[\\p{L}\\p{N} _.:/=+@-]{1,128}$", var.cost_center))
    error_message = "The cost centre has 1 to 128 letters, digits, spaces and any of _ . : / = + @ -"
  }
}

variable "environment" {
  description = "What it is for; production protects data against deletion."
  type        = string
  default     = "development"

  validation {
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "The environment is development, staging or production."
  }
}

variable "email" {
  description = "Who is told."
  type        = string

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.email))
    error_message = "The email is one address, as team@example.com."
  }
}

variable "retention_days" {
  description = "Days that lines are kept; rounded up to what CloudWatch offers."
  type        = number
  default     = 30

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 3653 && floor(var.retention_days) == var.retention_days
    error_message = "Lines are kept for 1 to 3653 whole days."
  }
}

variable "pattern" {
  description = "What is counted, as a CloudWatch filter pattern."
  type        = string
  default     = "?ERROR ?Error ?Exception"

  validation {
    condition     = length(var.pattern) <= 1024
    error_message = "The pattern has at most 1024 letters."
  }
}

variable "threshold" {
  description = "How many such lines in five minutes are one too many."
  type        = number
  default     = 1

  validation {
    condition     = var.threshold >= 1 && var.threshold <= 1000000 && floor(var.threshold) == var.threshold
    error_message = "The threshold is 1 to 1000000 lines."
  }
}
