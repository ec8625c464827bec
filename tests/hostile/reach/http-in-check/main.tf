check "up" {
  data "http" "x" {
    url = "http://127.0.0.1:__PORT__/"
  }
  assert {
    condition     = data.http.x.status_code == 200
    error_message = "It is down."
  }
}
