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

variable "schedule" {
  description = "When it runs: rate(1 hour), or cron(0 3 * * ? *) for every day at three."
  type        = string

  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]* (minute|minutes|hour|hours|day|days)\\)|cron\\([^()]+\\))$", var.schedule))
    error_message = "The schedule is rate(1 hour) or the like, or cron(minute hour day month weekday year)."
  }
}

variable "timezone" {
  description = "The clock that the schedule goes by."
  type        = string
  default     = "UTC"

  validation {
    condition     = can(regex("^[A-Za-z]+([/_+-][A-Za-z0-9_+-]+)*$", var.timezone))
    error_message = "The time zone is written as UTC or Europe/Berlin."
  }
}

variable "timeout_seconds" {
  description = "Seconds that one run may take."
  type        = number
  default     = 60

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "A run takes 1 to 900 whole seconds."
  }
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
