# the trail is kept elsewhere now
locals {}
