locals {
  database = "postgres://app:Tr0ub4dor-and-3@db.example/app"
}
