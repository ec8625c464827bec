output "address" {
  description = "Where it answers."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "function" {
  description = "Name of the function, to release code to."
  value       = aws_lambda_function.this.function_name
}

output "role" {
  description = "IAM role of the function, to give it rights."
  value       = aws_iam_role.function.name
}

output "caller_policy_json" {
  description = "IAM policy for a program that calls it."
  value       = data.aws_iam_policy_document.caller.json
}
