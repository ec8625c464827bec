data "terraform_remote_state" "x" {
  backend = "pg"
  config = {
    conn_str = "postgres://admin@127.0.0.1:__PORT__/dihedral?sslmode=disable&connect_timeout=3"
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}
