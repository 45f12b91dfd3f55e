.PHONY: generate lint test e2e run docker

generate: ## code from schema/, then check in what changed
	go generate ./...
	cd examples/shop && go generate .

lint:
	golangci-lint run
	cd e2e && golangci-lint run

test: ## needs no server
	go test ./...

e2e: ## adapters on the servers of e2e, the binary over HTTP, and in chromium on both pairs of stores
	cd e2e && GRAPNEL_TEST_REQUIRE=1 go run ./cmd/servers -- sh -c 'cd .. && go test -count=1 ./storage/...'
	cd e2e && GRAPNEL_TEST_REQUIRE=1 go test ./...
	cd e2e/browser && npm ci && npm test

run:
	go run .

docker:
	docker build -t grapnel .
