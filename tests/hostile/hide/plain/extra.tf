resource "aws_sqs_queue" "q0" {
  name = "q0"
}
resource "aws_sqs_queue" "q1" {
  name = "q1"
}
resource "aws_sqs_queue" "q2" {
  name = "q2"
}
resource "aws_sqs_queue" "q3" {
  name = "q3"
}
resource "aws_sqs_queue" "q4" {
  name = "q4"
}
resource "aws_sqs_queue" "q5" {
  name = "q5"
}
resource "aws_sqs_queue" "q6" {
  name = "q6"
}
resource "aws_sqs_queue" "q7" {
  name = "q7"
}
resource "aws_sqs_queue" "q8" {
  name = "q8"
}
resource "aws_sqs_queue" "q9" {
  name = "q9"
}
resource "aws_sqs_queue" "q10" {
  name = "q10"
}
resource "aws_sqs_queue" "q11" {
  name = "q11"
}
