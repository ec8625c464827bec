data "archive_file" "x" {
  type                    = "zip"
  source_content          = "x"
  source_content_filename = "x"
  output_path             = "__KEY__"
}
output "found" {
  value = "packed: ${data.archive_file.x.output_sha256}"
}
