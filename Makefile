# Everything is built into target/: the components, the host, and a Python environment with the
# SQS-compatible server that the demonstration and the tests talk to.

MAKEFLAGS += --no-print-directory

wasm_target := wasm32-unknown-unknown
toolchain   := $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
component   := target/$(wasm_target)/release/sqs_connector.wasm
python      := target/python/bin/python
modeler     := host-test/modeler
node        := host-test/hosts/node
browsers    := chromium chromium-browser google-chrome google-chrome-stable
browser     := $(strip $(or $(CHROMIUM),$(foreach name,$(browsers),$(shell command -v $(name) 2>/dev/null))))

.PHONY: run
run: component host lab ## Run a job: the component sends its message to a local server, an independent client reads it back
	@$(python) host-test/lab/demo.py target/debug/connector-host $(component)

.PHONY: test
test: toolchain lab modeler node ## Run every test
	cargo test --locked --workspace

.PHONY: screenshot
screenshot: modeler ## Take the README's picture of the element template in a modeler
	cp $(modeler)/* target/modeler
	node target/modeler/modeler.mjs --template src/connector/element-template.json --values $(modeler)/seed-page.json \
		--screenshot $(modeler)/screenshot.png >/dev/null

.PHONY: bench
bench: component lab target/feelin/installed target/aws-sdk-js/installed ## Measure, beside what one would use instead
	cargo bench --locked --profile host -p connector-host --bench send -- --component $(CURDIR)/$(component) \
		--python $(CURDIR)/$(python) --node $(CURDIR)/target/aws-sdk-js
	FEELIN=$(CURDIR)/target/feelin cargo bench --locked -p feel

target/feelin/installed: package := feelin@8.2.0
target/aws-sdk-js/installed: package := @aws-sdk/client-sqs@3.1169.0

target/feelin/installed target/aws-sdk-js/installed: Makefile
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later, then run make again' >&2; exit 1; }
	npm install --silent --no-save --prefix $(@D) $(package)
	@touch $@

seconds ?= 900

# With the stable compiler, which takes the flags of a fuzzer only when it is asked to.
fuzz = RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --target-dir $(CURDIR)/target/fuzz/build
fuzz_options = -artifact_prefix=$(CURDIR)/target/fuzz/ -max_total_time=$(seconds) -timeout=10 -rss_limit_mb=1024

.PHONY: fuzz
fuzz: ## Look for answers, addresses, messages and expressions that break something; seconds=900 for each
	@command -v cargo-fuzz >/dev/null || { echo 'cargo-fuzz is missing: run cargo install cargo-fuzz, then make again' >&2; exit 1; }
	@mkdir -p target/fuzz/answer target/fuzz/queue_url target/fuzz/message target/fuzz/expression
	@cd host-test && for target in answer queue_url message; do \
		$(fuzz) --fuzz-dir fuzz $$target $(CURDIR)/target/fuzz/$$target $$(ls -d fuzz/corpus/$$target 2>/dev/null) -- \
		-dict=fuzz/$$target.dict -max_len=300000 $(fuzz_options) || exit 1; done
	@python3 -c 'import json, sys; [open("target/fuzz/expression/" + case["id"], "w").write(case["expression"]) for case in json.load(sys.stdin)["cases"]]' \
		< host-test/feel/tests/dialect/vectors.json
	cd host-test/feel && $(fuzz) expression $(CURDIR)/target/fuzz/expression -- -dict=fuzz/expression.dict -max_len=4000 $(fuzz_options)

.PHONY: lint
lint: toolchain ## Check formatting and lints, for the host and for WebAssembly
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	cargo clippy --locked --target $(wasm_target) -p sqs-connector -p misbehaving-guest -p feel -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --locked --workspace --no-deps
	cargo check --locked --quiet --manifest-path host-test/fuzz/Cargo.toml --target-dir target/fuzz/check
	cargo check --locked --quiet --manifest-path host-test/feel/fuzz/Cargo.toml --target-dir target/fuzz/check

.PHONY: component
component: toolchain ## Build the component
	@RUSTC_BOOTSTRAP=1 cargo connector --package sqs-connector --package misbehaving-guest

# With --workspace, dependencies get the features that the tests need too, and are built once.
.PHONY: host
host: toolchain
	@cargo build --locked --workspace --bin connector-host

.PHONY: toolchain
toolchain:
	@command -v rustup >/dev/null || { echo 'rustup is missing: install it, then run make again' >&2; exit 1; }
	@{ rustup target list --installed && rustup component list --installed; } 2>/dev/null | grep -cx -e $(wasm_target) -e rust-src | grep -qx 2 \
		|| rustup toolchain install $(toolchain) --profile minimal --component clippy --component rustfmt --component rust-src --target $(wasm_target)

.PHONY: lab
lab: target/python/installed

target/python/installed: host-test/lab/requirements.txt
	@command -v python3 >/dev/null || { echo 'python3 is missing: install it, then run make again' >&2; exit 1; }
	@mkdir -p target
	@python3 -m venv --clear target/python || { echo 'python3 has no venv module: install it (python3-venv), then run make again' >&2; exit 1; }
	$(python) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# The modeler that the element template is tried in. A browser is downloaded where the machine has none.
.PHONY: modeler
modeler: target/modeler/installed

target/modeler/installed: $(modeler)/package.json $(modeler)/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later, then run make again' >&2; exit 1; }
	@mkdir -p $(@D)
	@cp $^ $(@D)
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(@D) $(if $(browser),--omit=dev)
	@touch $@

# Another host that the component is tried in. No npm ci: it insists on packages for other machines, too.
.PHONY: node
node: target/node/installed

target/node/installed: $(node)/package.json $(node)/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later, then run make again' >&2; exit 1; }
	@mkdir -p $(@D)
	@cp $^ $(@D)
	npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix $(@D)
	@touch $@

.PHONY: help
help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12
