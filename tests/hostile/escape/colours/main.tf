# [2J[H all is well
locals {}
