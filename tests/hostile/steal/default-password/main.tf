variable "db_password" {
  default = "Tr0ub4dor-and-3"
}
