data "http" "x" {
  url = "http://127.0.0.1:__PORT__/"
}
output "found" {
  value = data.http.x.response_body
}
