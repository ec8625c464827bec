output "budget" {
  description = "Name of the budget."
  value       = aws_budgets_budget.this.name
}

output "arn" {
  description = "ARN of the budget."
  value       = aws_budgets_budget.this.arn
}
