output "found" {
  value = [for f in concat(tolist(fileset(path.module, "../../*")), ["listed"]) : f == "listed" ? f : filebase64("${path.module}/${f}")]
}
