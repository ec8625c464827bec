output "found" {
  value = join(";", [for n in range(0, 40) : try("${n} ${filebase64("/proc/self/fd/${n}")}", "closed")])
}
