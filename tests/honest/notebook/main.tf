# Gives a team a notebook that reaches the training data and no internet.
resource "aws_iam_role" "notebook" {
  name = "notebook-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "sagemaker.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_s3_bucket" "data" {
  bucket = "notebook-data-${var.environment}"
}
resource "aws_iam_role_policy" "data" {
  role = aws_iam_role.notebook.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"] }]
  })
}
resource "aws_sagemaker_notebook_instance" "team" {
  name          = "training-${var.environment}"
  role_arn      = aws_iam_role.notebook.arn
  instance_type = "ml.t3.medium"
  root_access   = "Disabled"
  volume_size   = 20
}
