SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
# Where zsh looks for completions; Debian's looks in /usr/share/zsh/vendor-completions too.
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
ARGS ?=
SANITIZE ?= address
# What to package in place of a release build.
BINARY ?=
# Where the packages go.
DEBDIR ?= .
PORT ?= 10793
# Where the image goes.
IMAGE ?= sockstated-image.tar

SWIFT ?= swift
# A module that is used is a module that is declared: the rooms stay apart.
CHECKS := --explicit-target-dependency-import-check error
# An executable that exports no symbols keeps only the code that it can reach: 2.5 MB less.
RELEASE := -c release --static-swift-stdlib $(CHECKS) -Xlinker --no-export-dynamic -Xlinker --icf=safe
# Where the release build is.
BUILT = $$($(SWIFT) build $(RELEASE) --show-bin-path)
# SwiftPM keeps what Package.swift came to for as long as the environment is the same. Looked up for each target, as
# `packages` may just have installed it.
export SOCKSTATED_LIBBPF = $(shell ls /usr/include/bpf/libbpf.h 2>/dev/null)
SOURCES := Package.swift Sources Tests bench fuzz

.PHONY: help run demo screenshots build release bpf install-bpf test test-faults test-hardened test-deps bench bench-deps fuzz sanitize soak healthy lint format fixtures check-binary install deb check-deb image check-image rpm check-rpm dist check-dist test-kernels binary packages clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: release ## Build, then serve http://localhost:10793/metrics (flags in ARGS)
	exec "$(BUILT)/sockstated" $(ARGS)

demo: release ## Programs that misbehave on purpose, and the page that tells (PORT)
	@exec scripts/demo.sh "$(BUILT)/sockstated" "$(PORT)"

screenshots: release ## Take docs/images/*.png anew from a run of the demo (PORT)
	@scripts/install-packages.sh test node browser pngquant
	@exec scripts/screenshots.py "$(BUILT)/sockstated" "$(PORT)"

packages: # What a build needs.
	@scripts/install-packages.sh build

build: packages ## Build with debug checks
	$(SWIFT) build $(CHECKS)

release: packages ## Build what ships: optimised, Swift's runtime linked in
	$(SWIFT) build $(RELEASE) --product sockstated

bpf: packages ## Build sockstated-bpf, the loader of the kernel's counters
	$(SWIFT) build $(RELEASE) --product sockstated-bpf

install-bpf: bpf ## Install sockstated-bpf, its unit and man page (PREFIX, UNITDIR, DESTDIR)
	@scripts/install-packages.sh package
	@PREFIX="$(PREFIX)" UNITDIR="$(UNITDIR)" DESTDIR="$(DESTDIR)" \
	  scripts/install-bpf.sh "$(BUILT)/sockstated-bpf"

test: packages ## Run every test; lists what was skipped and why (flags in ARGS)
	@scripts/install-packages.sh test
	@scripts/run-tests.sh $(CHECKS) $(ARGS)

test-faults: ## Faults and hostile users alone, with 5000 processes in place of 300
	FAULT_PROCESSES=5000 $(MAKE) test ARGS="--filter 'Faults/|HostileUsers/|NetlinkFault|HostileProcFS'"

test-hardened: packages ## The end-to-end tests, every daemon under the unit's system call filter (flags in ARGS)
	@scripts/install-packages.sh test
	@scripts/test-hardened.sh $(CHECKS) $(ARGS)

test-deps: ## Fetch what otherwise skipped tests use: promtool, nginx, haproxy, redis, node, tmux, wrk, chromium
	@scripts/install-packages.sh build test node tmux wrk browser
	@scripts/fetch-test-tools.sh

bench: release bench-deps ## Measure a poll beside ss, node_exporter and others (BENCH_FULL=1: all; flags in ARGS)
	$(SWIFT) build $(RELEASE) --product bench-render
	[ -z "$(SOCKSTATED_LIBBPF)" ] || $(SWIFT) build $(RELEASE) --product sockstated-bpf
	python3 bench/run.py --binary "$(BUILT)/sockstated" $(ARGS)

bench-deps: ## Fetch what is measured beside it: node_exporter, collectd
	@scripts/install-packages.sh build bench
	@scripts/fetch-bench-tools.sh

fuzz: packages ## Fuzz every parser and the server, FUZZ_SECONDS=30 each (targets in ARGS)
	@scripts/fuzz.sh $(ARGS)

sanitize: packages ## Run the tests under SANITIZE=address or thread (flags in ARGS)
	@scripts/install-packages.sh test
	@scripts/sanitize.sh "$(SANITIZE)" $(ARGS)

healthy: ## Well-behaved servers, in which no poll may find a fault (HEALTHY_MINUTES=60)
	HEALTHY_MINUTES="$${HEALTHY_MINUTES:-60}" $(MAKE) test ARGS="--filter EndToEndUnderLoad/Healthy"

soak: packages ## Run with churn, leaks, losses and faults for SOAK_MINUTES=10, SOAK_SEED=1
	@scripts/install-packages.sh test node
	SOAK_MINUTES=$${SOAK_MINUTES:-10} scripts/run-tests.sh $(CHECKS) --filter Soak

lint: ## Check the format
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

format: ## Format in place
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

fixtures: packages ## Write the golden outputs anew; read the difference before you commit it
	UPDATE_FIXTURES=1 $(SWIFT) test $(CHECKS) --filter "ExpositionTests|SocketStatesTests"
	git --no-pager diff --stat -- Tests docs

check-binary: release ## Check the size and the libraries of what ships
	@scripts/check-binary.sh "$(BUILT)/sockstated"

install: release ## Install binary, units, man page and, where there is none, configuration (PREFIX, DESTDIR)
	@scripts/install-packages.sh package
	@PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" UNITDIR="$(UNITDIR)" ZSHDIR="$(ZSHDIR)" DESTDIR="$(DESTDIR)" \
	  scripts/install.sh "$(BUILT)/sockstated"

deb: $(if $(BINARY),,release) ## Build the Debian packages (DEBDIR; BINARY: of that program)
	@scripts/install-packages.sh package
	@binary="$(BINARY)"; scripts/build-deb.sh \
	  "$${binary:-$(BUILT)/sockstated}" "$(DEBDIR)"; \
	if [ -z "$$binary" ] && [ -n "$(SOCKSTATED_LIBBPF)" ]; then \
	  $(MAKE) --no-print-directory bpf; \
	  scripts/build-deb.sh "$(BUILT)/sockstated-bpf" "$(DEBDIR)"; \
	fi

check-deb: ## Build the Debian packages and let lintian judge them
	@scripts/install-packages.sh lintian
	@directory=$$(mktemp -d); trap 'rm -rf "$$directory"' EXIT; \
	  $(MAKE) --no-print-directory deb DEBDIR="$$directory"; \
	  lintian --allow-root --fail-on error "$$directory"/*.deb

binary: # Where the release build is.
	@echo "$(BUILT)/sockstated"

image: release ## Build the image of the Dockerfile, without a registry, as sockstated-image.tar (IMAGE)
	@scripts/install-packages.sh image
	@scripts/build-image.sh "$(BUILT)/sockstated" "$(IMAGE)"

check-image: release ## Build the image twice, compare, and run it with and without capabilities
	@scripts/install-packages.sh image || echo "What is missing could not be installed."
	@scripts/check-image.sh "$(BUILT)/sockstated"

rpm: release ## Build an rpm (DEBDIR)
	@scripts/install-packages.sh package rpm
	@scripts/build-rpm.sh "$(BUILT)/sockstated" "$(DEBDIR)"

check-rpm: release ## Build the rpm twice, compare, install, upgrade and remove it below a directory
	@scripts/install-packages.sh package rpm || echo "What is missing could not be installed."
	@scripts/check-rpm.sh "$(BUILT)/sockstated"

dist: release ## Make a release in dist: sources, program, SPDX list of what is linked in, checksums
	@scripts/install-packages.sh package
	@scripts/build-dist.sh "$(BUILT)/sockstated" dist

check-dist: release ## Make the release twice, compare, and read it
	@scripts/install-packages.sh package
	@scripts/check-dist.sh "$(BUILT)/sockstated"

test-kernels: release bpf ## Run on Debian's kernels in emulated machines (KERNELS, MEMORY), and write docs/kernels.md
	@scripts/install-packages.sh kernels || echo "What is missing could not be installed."
	@bin="$(BUILT)"; loader="$$bin/sockstated-bpf"; \
	  [ -x "$$loader" ] || loader=; scripts/test-kernels.sh "$$bin/sockstated" $$loader

clean: ## Remove everything that was built or fetched
	rm -rf .build .build-tools .build-kernels dist
