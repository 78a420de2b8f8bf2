.DEFAULT_GOAL := help
.PHONY: run up down test sanitize fuzz bench build format lint clean help

SWIFT_FILES := Sources Tests Benchmarks Fuzz Package.swift

run: ## start everything and stay; Ctrl-C stops it. KUBECONFIG, DATABASE_URL, CALLBOARD_PORT are respected
	@scripts/run.sh

up: ## the same in the background; returns when it is ready
	@scripts/up.sh

down: ## stop what `make up` started; its data stay
	@scripts/down.sh

test: ## every test, with a cluster and a database of their own
	@scripts/test.sh

sanitize: ## the rooms' tests under the address and the thread sanitizer
	@scripts/sanitize.sh address
	@scripts/sanitize.sh thread

fuzz: ## libFuzzer on every parser of foreign bytes, 20 s each
	@scripts/fuzz.sh

bench: ## measure, and keep the figures in bench-results/
	@scripts/bench.sh

build: ## release build
	@scripts/install-packages.sh build
	swift build -c release --product callboard

format: ## put the Swift files into house style
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## check style, and the scripts if shellcheck is there
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	@if command -v shellcheck >/dev/null; then shellcheck -x scripts/*.sh .ci/run; fi

clean: ## stop everything and forget what was built and kept here
	@scripts/clean.sh

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
