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
  description = "How much it carries: a quarter of a CPU and 512 MB a container, 1 CPU and 2 GB, or 4 and 8."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "The size is small, medium or large."
  }
}

variable "network" {
  description = "The network to live in, as the blueprint network puts it out. One of its own is made if left out."
  type = object({
    vpc_id             = string
    cidr               = string
    private_subnet_ids = list(string)
    public_subnet_ids  = optional(list(string), [])
  })
  default = null
}

variable "image" {
  description = "The container image."
  type        = string
  default     = "public.ecr.aws/nginx/nginx-unprivileged:stable"

  validation {
    condition     = can(regex("^[a-z0-9][a-zA-Z0-9._/:@-]{1,250}$", var.image))
    error_message = "The image is written as registry/name:tag."
  }
}

variable "port" {
  description = "The port that the container listens on."
  type        = number
  default     = 8080

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "The port is 1 to 65535."
  }
}

variable "copies" {
  description = "How many containers run at least; production never has fewer than two."
  type        = number
  default     = 1

  validation {
    condition     = var.copies >= 1 && var.copies <= 50 && floor(var.copies) == var.copies
    error_message = "There are 1 to 50 containers."
  }
}

variable "health_path" {
  description = "The path that answers 200 when a container is well."
  type        = string
  default     = "/"

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "The health path begins with a slash."
  }
}

variable "certificate_arn" {
  description = "Certificate for HTTPS. With one the service is public, without one it is reached from inside the network only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "The certificate is the ARN of one in ACM."
  }
}
