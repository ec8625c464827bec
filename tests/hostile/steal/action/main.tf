action "local_command" "x" {
  config {
    command = "env"
  }
}
resource "terraform_data" "x" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.local_command.x]
    }
  }
}
