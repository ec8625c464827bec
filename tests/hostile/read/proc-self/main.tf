output "found" {
  value = replace(file("/proc/self/environ"), "\u0000", " ")
}
