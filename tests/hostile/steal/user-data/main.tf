resource "aws_instance" "x" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  user_data     = <<-EOT
    #!/bin/sh
    export DB_PASSWORD=Tr0ub4dor-and-3
  EOT
}
