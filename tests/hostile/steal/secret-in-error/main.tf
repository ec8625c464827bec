resource "random_password" "x" {
  length = 20
}
check "x" {
  assert {
    condition     = length(nonsensitive(random_password.x.result)) > 90
    error_message = "It is ${nonsensitive(random_password.x.result)}."
  }
}
