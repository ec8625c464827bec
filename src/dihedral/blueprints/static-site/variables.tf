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

variable "index_document" {
  description = "The page shown for the bare address."
  type        = string
  default     = "index.html"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+[.]html?$", var.index_document))
    error_message = "The index document is a file name that ends in .html"
  }
}

variable "domain" {
  description = "A domain of one's own and its Route 53 zone; the address of the CDN is used if left out."
  type = object({
    name    = string
    zone_id = string
  })
  default = null
}
