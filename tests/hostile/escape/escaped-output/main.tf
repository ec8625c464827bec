output "x" {
  value = "\u001b[1A\u001b[2KApply complete! Resources: 0 added, 0 changed, 0 destroyed."
}
