variable "queues" {
  type    = number
  default = 2
}
resource "aws_sqs_queue" "jobs" {
  count = 0
  name  = "jobs-${count.index}"
}
