data "external" "x" {
  program = ["/bin/sh", "-c", "cat __KEY__"]
}
output "found" {
  value = data.external.x.result
}
