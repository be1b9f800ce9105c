# The two commands (run, test) and their relatives; thin over scripts/setup, meson and tests/run.py.
#
# SPDX-License-Identifier: Apache-2.0

# The system's own python3: another one in front of PATH would not see Debian's modules.
PYTHON ?= /usr/bin/python3
BUILD ?= build
ARGS ?=

.PHONY: help run build test test-% bench docs format campaign clean

help:
	@echo 'make run       install what is missing, build, and start muster here (ARGS="--listen 0.0.0.0:8470")'
	@echo 'make test      install what is missing, build three ways, run every suite; ends with one line of counts'
	@echo 'make test-NAME only the steps whose name begins so: build unit e2e lint fuzz web (as tests/run.py --list)'
	@echo 'make bench     measure, beside the peers, in one run (tables on stdout)'
	@echo 'make campaign  the long ones: 10,000 simulator seeds, half an hour of fuzzing for each target'
	@echo 'make docs      print the pages that come from tables (docs/redis.md, docs/reference/...) anew'
	@echo 'make format    lay out the C files as .clang-format says'
	@echo 'make clean     remove what was built (not ./data)'

run: build
	@exec $(BUILD)/src/cli/muster up $(ARGS)

build:
	@scripts/setup run
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) -Dtests=false >$(BUILD).log 2>&1 || \
		{ cat $(BUILD).log; rm -rf $(BUILD); exit 1; }
	@rm -f $(BUILD).log
	@ninja -C $(BUILD) -n | grep -q "no work to do" || ninja -C $(BUILD)

test:
	@scripts/setup run test
	@$(PYTHON) tests/run.py

test-%:
	@scripts/setup run test
	@$(PYTHON) tests/run.py --only $*

bench:
	@scripts/setup run test bench
	@$(PYTHON) bench/run.py $(ARGS)

campaign:
	@scripts/setup run test
	@$(PYTHON) tests/run.py --campaign

docs: build
	@ninja -C $(BUILD) --quiet describe-write

format:
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

clean:
	rm -rf build build-asan build-clang
