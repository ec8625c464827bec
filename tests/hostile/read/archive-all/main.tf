data "archive_file" "x" {
  type        = "zip"
  source_dir  = "__OTHER__"
  output_path = "${path.module}/site.zip"
}
output "found" {
  value = "packed: ${data.archive_file.x.output_sha256}"
}
