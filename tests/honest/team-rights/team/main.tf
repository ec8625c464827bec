variable "name" {
  type = string
}
variable "actions" {
  type = list(string)
}
resource "aws_s3_bucket" "space" {
  bucket = "space-${var.name}"
}
resource "aws_iam_role" "team" {
  name = "team-${var.name}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_iam_role_policy" "space" {
  role = aws_iam_role.team.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.actions, Resource = "${aws_s3_bucket.space.arn}/*" }]
  })
}
output "role" {
  value = aws_iam_role.team.arn
}
