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

variable "size" {
  description = "How much it carries: 256 MB of memory, 1 GB or 3 GB."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "The size is small, medium or large."
  }
}

variable "timeout_seconds" {
  description = "Seconds that one answer may take."
  type        = number
  default     = 10

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 29 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "An answer takes 1 to 29 whole seconds."
  }
}

variable "requests_per_second" {
  description = "Requests a second that are let through."
  type        = number
  default     = 50

  validation {
    condition     = var.requests_per_second >= 1 && var.requests_per_second <= 10000 && floor(var.requests_per_second) == var.requests_per_second
    error_message = "There are 1 to 10000 requests a second."
  }
}

variable "public" {
  description = "Whether anybody may call it; otherwise callers sign with their IAM role."
  type        = bool
  default     = false
}

variable "alarm_topic_arn" {
  description = "Topic that is told when it fails; nobody is told if left out."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:", var.alarm_topic_arn))
    error_message = "The alarm topic is the ARN of an SNS topic."
  }
}
