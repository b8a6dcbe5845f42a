# Every target installs the Debian packages it needs, if they are not there yet.
SHELL := /bin/sh
.DEFAULT_GOAL := help
SWIFT ?= swift
FLAGS := --explicit-target-dependency-import-check error

.PHONY: help
help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: packages-build ## Build the programs (debug)
	$(SWIFT) build $(FLAGS)

# Nodes in namespaces and virtual machines need root's rights. What root built in a user's checkout goes back to the user.
.PHONY: root
root:
	@test "$$(id -u)" -eq 0 || { echo 'The tests need root: run sudo env "PATH=$$PATH" make test' >&2; exit 1; }
give_back = status=$$?; test -z "$${SUDO_UID-}" || { mkdir -p .cache && chown -R "$$SUDO_UID:$${SUDO_GID-}" .build .cache; }; exit $$status

.PHONY: test
test: root packages-test ## Build and run all tests
	$(SWIFT) build --build-tests $(FLAGS); $(give_back)
	.ci/venv test Tests/requirements.txt; $(give_back)
	.ci/tests "$$($(SWIFT) build --show-bin-path)"; $(give_back)
	$(SWIFT) test $(FLAGS) --skip-build --no-parallel --filter VMTests; $(give_back)

.PHONY: golden
golden: packages-test ## Write anew what the planner says about every described machine; read the diff
	VFIOFLEET_WRITE_GOLDEN=1 $(SWIFT) test $(FLAGS) --filter CommandsTests.GoldenTests/thePlansAreAsTheyWereReviewed

.PHONY: vm-test
vm-test: root packages-test ## Build and run only the tests on VM nodes with real kernels
	$(SWIFT) test $(FLAGS) --no-parallel --filter VMTests; $(give_back)

.PHONY: fuzz
FUZZ_SECONDS ?= 60
fuzz: packages-build ## Look for answers of nodes that break the parser (FUZZ_SECONDS=60)
# One flag for both: of several, the compiler obeys the last alone.
	VFIOFLEET_FUZZ=1 $(SWIFT) build -c release --scratch-path .build/fuzz -Xswiftc -sanitize=fuzzer,address \
	    --product vfiofleet-fuzz
	mkdir -p .cache/fuzz/corpus
# What it finds lies in .cache/fuzz. With the mistake mended, it belongs into Tests/Fuzzing/Findings.
	.build/fuzz/release/vfiofleet-fuzz -dict=Tests/Fuzzing/probe.dict -artifact_prefix=.cache/fuzz/ \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -malloc_limit_mb=256 -rss_limit_mb=1024 -max_len=400000 \
	    -print_final_stats=1 .cache/fuzz/corpus Tests/Fuzzing/Answers Tests/Fuzzing/Findings

.PHONY: demo
demo: packages-demo ## Run the whole main job on eight simulated nodes
	$(SWIFT) build $(FLAGS)
	docs/demo/run "$$($(SWIFT) build --show-bin-path)"

.PHONY: bench
bench: packages-bench ## Measure speed beside other tools (root; half an hour)
	for program in vfiofleet vfiofleet-lab vfiofleet-bench; do \
	    $(SWIFT) build -c release --static-swift-stdlib $(FLAGS) --product $$program || exit 1; done
	.ci/venv bench Tests/Benchmarks/requirements.txt
	.cache/bench-venv/bin/python Tests/Benchmarks/bench.py --bin .build/release --work .cache/bench \
	    --report docs/benchmarks.md

.PHONY: deb
deb: packages-deb ## Build the Debian package
	$(SWIFT) build -c release --static-swift-stdlib $(FLAGS) --product vfiofleet
	rm -rf .build/manual && mkdir -p .build/manual
	packaging/manual "$$($(SWIFT) build -c release --static-swift-stdlib --show-bin-path)/vfiofleet" .build/manual
	packaging/build-deb "$$($(SWIFT) build -c release --static-swift-stdlib --show-bin-path)/vfiofleet" .build/manual .build

.PHONY: deb-test
deb-test: root packages-test deb ## Try the Debian package in a clean system, and its service in a virtual machine
	packaging/test-deb .build/vfiofleet_*_"$$(dpkg --print-architecture)".deb; $(give_back)
	packaging/test-service .build/vfiofleet_*_"$$(dpkg --print-architecture)".deb; $(give_back)

.PHONY: fmt
fmt: ## Format the sources
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: check
check: packages-build ## Format, layering and warnings, as errors
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests
	.ci/layers
	$(SWIFT) build $(FLAGS)

.PHONY: packages-build packages-test packages-demo packages-bench packages-deb
packages-build packages-test packages-demo packages-bench packages-deb:
	@.ci/packages $(patsubst packages-%,%,$@)
