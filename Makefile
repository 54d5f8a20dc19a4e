# The front door: `make help` lists what there is. Each target is one script of ci/ or one tool, and prints little unless
# something fails. Cargo builds into ./target, everything else into ./build.

PREFIX ?= /usr/local
DESTDIR ?=

.DEFAULT_GOAL := help
.PHONY: help deps build demo test bench bench-full install doc header deb clean

help: ## This list
	@echo "libparla: a task runtime for programs in several languages"
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo "make install takes PREFIX=$(PREFIX) and DESTDIR=$(DESTDIR)"

deps: ## Install the Debian packages that building needs, if any is missing
	@ci/install-deps.sh build

build: deps ## The library, ready to install
	@ci/build.sh
	@ci/install.sh

demo: deps ## Classify handwritten digits by a tiled Cholesky factorisation, in tasks
	@ci/build.sh
	@ci/build-example.sh digits
	@build/cmake/examples-c/digits --data data/digits.csv

test: ## Every test in every language; the last lines count them
	@ci/test.sh

bench: ## libparla beside other runtimes, in under five minutes; results in build/bench
	@ci/bench.sh --short

bench-full: ## The same at full sizes, with everything else that is measured
	@ci/bench.sh --full

install: ## Install below DESTDIR/PREFIX: library, headers, CMake package, pkg-config file, manual page
	@ci/install.sh "$(PREFIX)" "$(DESTDIR)"

doc: ## The C reference (HTML and man pages) and the Rust reference, in build/doc
	@ci/install-deps.sh build doc
	@ci/doc.sh

header: ## Write include/parla.h anew from src/ffi
	@ci/install-deps.sh build
	@PARLA_UPDATE_HEADER=1 cargo test --quiet --test header

deb: ## The Debian package, in build/deb/packages
	@ci/install-deps.sh build test
	@ci/build-deb.sh

clean: ## Remove what was built
	@rm -rf build
	@cargo clean --quiet
