role = "arn:aws:iam::999999999999:role/theirs"
