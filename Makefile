# The two commands of the README, and two more. Each step says in one line what it does.

PERSONS ?= 2000
PORT ?= 8480
DIR ?= demo

.DEFAULT_GOAL := help
.PHONY: help demo test release clean

help:
	@echo "make demo     build the command and run the whole line on made-up data, then serve the portal"
	@echo "              (PERSONS=$(PERSONS) people, PORT=$(PORT), DIR=$(DIR) for its files)"
	@echo "make test     install missing Debian packages; then format, lints, docs, all tests"
	@echo "make release  build the optimised command for deployment and benchmarks"
	@echo "make clean    delete what was built, and the folder of the demo"

demo:
	@echo "1/3 Looking for what a build needs"
	@.ci/setup
	@echo "2/3 Building the command; the first time this compiles some 500 crates"
	@cargo build --locked --bin hda
	@echo "3/3 Running the whole line for $(PERSONS) people in $(DIR)/, then serving the portal on port $(PORT); Ctrl-C ends it"
	@cargo run --locked --quiet --bin hda -- demo --dir "$(DIR)" --persons $(PERSONS) --port $(PORT)

# Fastest first. The last lines are those of `cargo test`.
test:
	@echo "1/6 Looking for what a build needs"
	@.ci/setup
	@echo "2/6 Snapshots that wait for a review"
	@.ci/snapshots none-pending
	@echo "3/6 Format"
	@cargo fmt --all --check
	@echo "4/6 Lints, warnings as errors"
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@echo "5/6 Documentation, of private items too, warnings as errors"
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	@echo "6/6 All tests and doc tests, then snapshots that no test refers to"
	@.ci/snapshots all-referenced cargo test --workspace --locked

release:
	@echo "Building the optimised command; this takes a multiple of the time of make demo"
	@cargo build --release --locked --bin hda

clean:
	@echo "Deleting what was built, and $(DIR)/"
	@cargo clean
	@rm -rf "$(DIR)"
