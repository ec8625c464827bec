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
  description = "How much it carries: two zones and one NAT gateway, three zones and one, or three and three."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "The size is small, medium or large."
  }
}

variable "cidr" {
  description = "The addresses of the network."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 0)) && can(regex("/(1[6-9]|2[0-2])$", var.cidr))
    error_message = "The addresses are a block such as 10.0.0.0/16, from /16 to /22."
  }
}

variable "internet" {
  description = "Whether machines inside reach the internet, through public subnets and NAT."
  type        = bool
  default     = true
}

variable "private_services" {
  description = "AWS services that are reached without the internet, as ssm or ecr.api."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.private_services : can(regex("^[a-z0-9.-]+$", service))])
    error_message = "A service is written as in its endpoint's name, as ssm or ecr.api."
  }
}
