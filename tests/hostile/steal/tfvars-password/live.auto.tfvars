db_password = "Tr0ub4dor-and-3"
