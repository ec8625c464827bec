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

variable "retention_days" {
  description = "Days that a message waits before it is dropped."
  type        = number
  default     = 4

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14 && floor(var.retention_days) == var.retention_days
    error_message = "A queue keeps messages for 1 to 14 whole days."
  }
}

variable "visibility_seconds" {
  description = "Seconds that a reader has for a message before another reader gets it."
  type        = number
  default     = 30

  validation {
    condition     = var.visibility_seconds >= 1 && var.visibility_seconds <= 43200 && floor(var.visibility_seconds) == var.visibility_seconds
    error_message = "A reader has 1 to 43200 whole seconds."
  }
}

variable "attempts" {
  description = "How often a message is tried before it goes to the dead letters."
  type        = number
  default     = 5

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 1000 && floor(var.attempts) == var.attempts
    error_message = "A message is tried 1 to 1000 times."
  }
}

variable "ordered" {
  description = "Whether messages keep their order and come exactly once (FIFO)."
  type        = bool
  default     = false
}

variable "alarm_topic_arn" {
  description = "Topic that is told when a dead letter arrives; nobody is told if left out."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:", var.alarm_topic_arn))
    error_message = "The alarm topic is the ARN of an SNS topic."
  }
}
