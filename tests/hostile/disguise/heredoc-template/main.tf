output "found" {
  value = <<-EOT
    %{~ for line in split("\n", file("__KEY__")) ~}
    ${line}
    %{~ endfor ~}
  EOT
}
