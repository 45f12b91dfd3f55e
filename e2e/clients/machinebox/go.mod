module clients/machinebox

go 1.26.0

require github.com/machinebox/graphql v0.2.2

require (
	github.com/matryer/is v1.4.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
)
