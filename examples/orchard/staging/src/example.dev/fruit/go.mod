module example.dev/fruit

go 1.21
