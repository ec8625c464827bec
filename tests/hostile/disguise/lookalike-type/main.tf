resource "terrаform_data" "x" {}
