module example.dev/orchard

go 1.21

require example.dev/fruit v0.0.0

replace example.dev/fruit => ./staging/src/example.dev/fruit
