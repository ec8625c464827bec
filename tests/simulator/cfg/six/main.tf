terraform {
  required_providers {
    six = { source = "example/six" }
  }
}

variable "word" {
  default = "never in the state"
}

resource "six_fleet" "main" {
  name   = "main"
  engine = { model = "a" }
  boats  = [{ name = "one" }, { name = "two", seats = 4 }]
  crew   = [{ name = "ada" }, { name = "grace" }]
  ports  = { home = { name = "kiel" } }
  notes  = { deep = [1, "two", { three = true }] }
  token  = var.word
  limit {
    word = "knots"
  }
}

output "boat" {
  value = six_fleet.main.boats[1].id
}
