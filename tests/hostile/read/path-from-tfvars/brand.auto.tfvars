logo = "__KEY__"
