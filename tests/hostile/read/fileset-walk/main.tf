output "found" {
  value = concat(tolist(fileset("/", "{etc,home,opt,root,run,srv,var}/**")), tolist(fileset("${path.module}/../..", "**/*state*")), ["listed"])
}
