terraform {
  required_providers {
    six = { source = "example/six" }
  }
}

resource "six_fleet" "main" {
  name   = "main"
  engine = { model = "a" }
  boats  = [{ name = "one" }, { name = "two", seats = 4 }]
  crew   = [{ name = "ada" }, { name = "grace" }]
  ports  = { home = { name = "kiel" } }
  notes  = { deep = [1, "two", { three = true }] }
  token  = "never in the state"
  limit {
    word = "knots"
  }
}

output "boat" {
  value = six_fleet.main.boats[1].id
}
