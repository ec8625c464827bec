variable "queues" {
  type    = number
  default = 2
}
resource "aws_sqs_queue" "jobs" {
  count = var.queues
  name  = "jobs-${count.index}"
}
