# Sallyport: `make` alone says what there is.
MAKEFLAGS += --no-print-directory
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help run build package test quick bench fmt update clean

help: ## this list
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

run: ## start the demo on http://localhost:8080 (FRESH=1 begins anew, PORT=n picks another port)
	@[ -x bin/sallyport ] || echo 'Building Sallyport. The first build takes about a minute.'
	@$(MAKE) build
	@exec bin/sallyport demo $(if $(FRESH),--fresh) $(if $(PORT),--port $(PORT))

build: ## build bin/sallyport, static and without cgo
	@mkdir -p bin
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/sallyport ./cmd/sallyport

package: ## build the Debian package and the RPM into dist/
	@scripts/package.sh

test: ## everything that proves the product, half an hour on two cores (STEPS="unit browser" runs only these)
	@scripts/test.sh

quick: ## Go and SQLite alone, under 3 minutes
	@scripts/test.sh quick

bench: ## speed and memory beside their floors, into docs/benchmarks.* (ONLY=name runs one)
	@$(GO) run ./test/bench $(if $(ONLY),-only $(ONLY))

fmt: ## format all Go files
	@$(GO) tool -modfile=tools/go.mod gofumpt -w cmd internal scorecard scripts test

update: ## rewrite the golden files; look at the difference before you commit it
	@$(GO) test $$(grep -rl --include='*_test.go' '"update"' . | xargs -n 1 dirname | sort -u) -update

clean: ## remove what was built (not the data of the demo)
	@rm -rf bin dist .cache test/browser/node_modules test/browser/out
