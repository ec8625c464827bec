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
  description = "How much it carries: machines of 2 CPUs, 4 or 16, with GPUs to match."
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

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
  default     = "1.34"

  validation {
    condition     = can(regex("^1[.][0-9]{2}$", var.kubernetes_version))
    error_message = "The version of Kubernetes is written as 1.34."
  }
}

variable "nodes" {
  description = "How many machines run at least."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 1 && var.nodes <= 100 && floor(var.nodes) == var.nodes
    error_message = "There are 1 to 100 machines."
  }
}

variable "gpu_nodes" {
  description = "How many machines with a GPU there may be at most; none runs before it is needed."
  type        = number
  default     = 2

  validation {
    condition     = var.gpu_nodes >= 0 && var.gpu_nodes <= 50 && floor(var.gpu_nodes) == var.gpu_nodes
    error_message = "There are 0 to 50 machines with a GPU."
  }
}

variable "public_access_cidrs" {
  description = "Addresses from which the cluster is administered over the internet; none means from inside the network only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "Each is a block of addresses such as 203.0.113.0/24, and never the whole internet."
  }
}
