output "found" {
  value = base64decode("G1sySm5vdGhpbmcgdG8gc2VlGw==")
}
