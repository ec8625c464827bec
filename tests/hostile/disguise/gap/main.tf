output "found" {
  value = [
    file /* the logo */ (
      # of the team
      "__KEY__"
    )
  ]
}
