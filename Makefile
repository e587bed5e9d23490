# SPDX-License-Identifier: Apache-2.0

SHELL       := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --verify -q HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

# A lab that is already built, so that nobody compiles it twice.
LAB_BIN ?=
LAB     := $(abspath $(or $(LAB_BIN),bin/lab))

FUZZTIME ?= 30s

# Everything that is shared between commands is compiled with -trimpath, which is
# part of the key of Go's build cache: the lab's three thousand packages and the
# linters are to be compiled once.
TRIMMED := GOFLAGS="$$(go env GOFLAGS) -trimpath"
E2E     := cd e2e && $(TRIMMED)
CHARTS  := cd charts && $(TRIMMED)
RELEASE := cd deploy/release && $(TRIMMED)

# Golden files are compared byte by byte: what is printed on a terminal may gain no carriage return unseen.
export GOTESTTOOLS_GOLDEN_NormalizeCRLFToLF := false

# The linters are a module of their own, so that they choose no version for the product.
LINTER := go tool -modfile=$(CURDIR)/go.tools.mod golangci-lint

# What generated files and formatting may not change; see verify.
tree-state = { git status --porcelain; git diff HEAD 2>/dev/null || true; } | git hash-object --stdin

##@ Help

.PHONY: help
help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Build

.PHONY: build
build: ## Build the controller and the kubectl plugin: bin/serin, bin/kubectl-serin
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/serin ./cmd/kubectl-serin

.PHONY: lab
lab: ## Build the lab, a real control plane in one binary: bin/lab (LAB_BIN=FILE uses a built one)
ifneq ($(LAB_BIN),)
	@test -x "$(LAB)" || { echo "LAB_BIN=$(LAB_BIN) is not an executable file" >&2; exit 1; }
	@echo "Using the lab in $(LAB_BIN)"
else
	@test -x bin/lab || echo "Compiling etcd, kube-apiserver, kube-controller-manager, istiod and KWOK from source: about ten minutes the first time, seconds after that."
	@$(E2E) go build -v -ldflags "-s -w" -o ../bin/lab ./cmd/lab 2>&1 | awk ' \
		/^[A-Za-z0-9._~\/-]+$$/ { if (++n % 200 == 0) print "  " n " packages compiled"; fflush(); next } \
		{ print; fflush() }'
endif

.PHONY: prometheus
prometheus: ## Build a real Prometheus for the tests: bin/prometheus, bin/promtool (about seven minutes the first time)
	@mkdir -p bin && cd e2e/prometheus && $(TRIMMED) go build -tags remove_all_sd,enable_kubernetes_sd -ldflags "-s -w" -o ../../bin/ github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool

.PHONY: helm
helm: ## Build the real Helm for the tests of the chart: bin/helm
	@$(CHARTS) go build -ldflags "-s -w" -o ../bin/helm helm.sh/helm/v4/cmd/helm

.PHONY: image
image: ## Build the container image for amd64 and arm64 without Docker: bin/image, an OCI layout (PUSH=REGISTRY/serin:TAG puts it there)
	@$(RELEASE) go run ./cmd/release image --version "$(VERSION)"
	@$(if $(PUSH),$(RELEASE) go run ./cmd/release push ../../bin/image "$(PUSH)")

.PHONY: image-docker
image-docker: ## Build the container image with Docker, for this machine's platform: serin:VERSION
	docker build --build-arg VERSION="$(VERSION)" --build-arg COMMIT="$(COMMIT)" -t "serin:$(VERSION)" .

.PHONY: release
release: ## Build everything that a release carries: dist (VERSION=v0.1.0; docs/releasing.md)
	@$(RELEASE) go run ./cmd/release build --version "$(VERSION)"

.PHONY: release-image
release-image: ## Put the image of the release in dist into a registry, and print its name by digest (PUSH=REGISTRY/serin:TAG)
	@$(RELEASE) go run ./cmd/release push ../../dist/serin-image.tar "$(PUSH)"

# The images are built from scratch, so what is in them is linked statically.
STATIC := CGO_ENABLED=0

.PHONY: images
images: ## Build the images of the lab's node without a registry: bin/images (pause, sample, serin)
	$(STATIC) go build -trimpath -ldflags "$(LDFLAGS)" -o bin/static/ ./cmd/serin
	@$(E2E) $(STATIC) go build -tags grpcnotrace -ldflags "-s -w" -o ../bin/static/ ./cmd/sample ./cmd/pause
	@$(E2E) go run ./cmd/images --out ../bin/images --serin ../bin/static/serin --sample ../bin/static/sample --pause ../bin/static/pause >/dev/null

.PHONY: man
man: ## Write the man pages of the kubectl plugin: bin/man (SOURCE_DATE_EPOCH dates them)
	go run -trimpath ./cmd/kubectl-serin/man bin/man

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist

##@ Test

.PHONY: test
test: test-unit test-chart test-release test-integration ## Run every test: unit, chart, release, then integration

# Racing, the simulated rollouts are a twentieth and their page is not checked; so they run again.
.PHONY: test-unit
test-unit: ## Run the unit tests, racing; they need neither network nor cluster
	go test -race ./...
	go test ./pkg/analysis/montecarlo

.PHONY: test-chart
test-chart: ## Lint and render the Helm chart with Helm's own packages, and compare it with deploy/ (minutes the first time)
	$(CHARTS) go test -count=1 ./...

.PHONY: test-release
test-release: ## Make a release of one platform twice and compare, and check the workflows (minutes the first time)
	$(RELEASE) go test -count=1 -timeout 30m ./...

.PHONY: test-integration
test-integration: lab helm test-prometheus ## Run the tests against a real control plane and a real Prometheus
	go build -race -trimpath -ldflags "$(LDFLAGS)" -o bin/serin-race ./cmd/serin
	go build -race -trimpath -ldflags "$(LDFLAGS)" -o bin/kubectl-serin-race ./cmd/kubectl-serin
	$(E2E) PROMETHEUS_BIN="$(CURDIR)/bin/prometheus" PROMTOOL_BIN="$(CURDIR)/bin/promtool" LAB_BIN="$(LAB)" HELM_BIN="$(CURDIR)/bin/helm" SERIN_BIN="$(CURDIR)/bin/serin-race" KUBECTL_SERIN_BIN="$(CURDIR)/bin/kubectl-serin-race" go test -count=1 -p 1 -timeout 60m $$(go list ./... | grep -vE '$(ON_A_NODE)')

.PHONY: test-prometheus
test-prometheus: prometheus ## Measure rollouts by a real Prometheus; most of the time is waiting for scrapes
	$(TRIMMED) PROMETHEUS_BIN="$(CURDIR)/bin/prometheus" go test -race -count=1 -parallel 8 -tags integration ./pkg/measure/live

# Tests on a real node take root and programs that Go does not build.
ON_A_NODE := /e2e/(nodetest|journeys)

.PHONY: dashboards
dashboards: build lab prometheus ## Draw the dashboards from a real Prometheus: docs/images/dashboard-*.svg
	$(E2E) DASHBOARD_IMAGES="$(CURDIR)/docs/images" PROMETHEUS_BIN="$(CURDIR)/bin/prometheus" LAB_BIN="$(LAB)" SERIN_BIN="$(CURDIR)/bin/serin" KUBECTL_SERIN_BIN="$(CURDIR)/bin/kubectl-serin" \
		go test -count=1 ./integration -run '^TestDashboardsAndAlertsFindTheirData$$'

.PHONY: node-packages
node-packages: ## Install what a real node runs: Debian's containerd, runc, CNI plugins, iptables (takes root)
	e2e/node-packages.sh

.PHONY: e2e
e2e: node-packages build lab images prometheus helm ## Take whole rollouts through a real node and count every request; keeps docs/proof.md (RUN= takes some; takes root)
	$(ON_NODE) go test -count=1 -timeout 20m ./nodetest
	$(if $(RUN),,$(ON_NODE) go test -count=1 -timeout 20m ./journeys/lateistio)
	$(ON_NODE) $(if $(RUN),,PROOF="$(CURDIR)/docs/proof.md") go test -count=1 -timeout 60m $(if $(RUN),-run '$(RUN)') ./journeys

# The rows of the proof that one suite hands to the next.
ON_NODE := $(E2E) PROMETHEUS_BIN="$(CURDIR)/bin/prometheus" LAB_BIN="$(LAB)" LAB_IMAGES="$(CURDIR)/bin/images" SERIN_BIN="$(CURDIR)/bin/serin" HELM_BIN="$(CURDIR)/bin/helm" PROOF_ROWS="$(CURDIR)/bin/proof.rows"

.PHONY: e2e-mutants
e2e-mutants: node-packages build lab images ## Break each invariant on purpose, and see its journey fail (takes root)
	$(E2E) go build -ldflags "-s -w" -o ../bin/ ./cmd/mutants
	@LAB_BIN="$(LAB)" bin/mutants $(MUTANTS)

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (30s)
	@grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' pkg cmd | while IFS=: read -r file _ target; do \
		echo "$${target#func } in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime "$(FUZZTIME)" "./$$(dirname "$$file")"; \
	done

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-analysis
bench-analysis: ## Measure the analysis over simulated rollouts; writes the tables and plots of docs/analysis.md
	go test ./pkg/analysis/montecarlo -count=1 -run '^TestRates$$' -update

.PHONY: deflake
deflake: ## Repeat the unit tests, shuffled and racing, until one fails
	while go test -race -shuffle on -count 1 ./...; do :; done

##@ Code

.PHONY: lint
lint: ## Lint the modules
	$(TRIMMED) $(LINTER) run ./...
	$(CHARTS) $(LINTER) run ./...
	$(RELEASE) $(LINTER) run ./...
	$(E2E) $(LINTER) run ./...

.PHONY: vulncheck
vulncheck: ## Look for known weaknesses in what the programs call (asks vuln.go.dev)
	go tool -modfile=go.tools.mod govulncheck ./cmd/...

.PHONY: fmt
fmt: ## Format the modules
	$(TRIMMED) $(LINTER) fmt ./...
	$(CHARTS) $(LINTER) fmt ./...
	$(RELEASE) $(LINTER) fmt ./...
	$(E2E) $(LINTER) fmt ./...

.PHONY: tidy
tidy: ## Tidy the modules
	go mod tidy
	cd charts && go mod tidy
	cd deploy/release && go mod tidy
	cd e2e && go mod tidy

.PHONY: generate
generate: ## Write what is derived: docs/annotations.md, docs/reasons.md, docs/troubleshooting.md, docs/measure.md, docs/checks.md, docs/cli.md, docs/metrics.md, deploy/rbac.yaml, the chart's rules, table and dashboards, the copies of guard and fence, the table of docs/security.md
	for copy in e2e/internal/controlplane/guard charts/serin/files/guard; do cp deploy/guard/policy.yaml deploy/guard/notice.yaml $$copy/; done
	cp deploy/fence/deployments.yaml deploy/fence/mesh.yaml deploy/fence/objects.yaml deploy/fence/template/template.yaml deploy/fence/template/vouch.yaml charts/serin/files/fence/
	$(CHARTS) go test ./readme ./dashboards -count=1 -update -run '^Test(TheReadmeIsCurrent|TheDashboardsAreCurrent)$$'
	go test ./pkg/permissions ./pkg/annotations ./pkg/rollout ./pkg/measure/presets ./pkg/checks ./pkg/cli ./pkg/metrics -count=1 -update \
		-run '^Test(RBACFile|TheReferencePageIsCurrent)$$'

.PHONY: golden
golden: ## Rewrite the golden files; the diff is for review
	go test $$(grep -rl --include='*_test.go' '"gotest.tools/v3/golden"' pkg cmd | xargs -n1 dirname | sort -u | sed 's|^|./|') -update
	$(CHARTS) go test . -update

.PHONY: check
check: lint test ## Lint and test

.PHONY: verify
verify: ## Check that tidy, fmt and generate change nothing, then lint and test
	@for target in tidy fmt generate; do \
		before=$$($(tree-state)); $(MAKE) $$target; \
		[ "$$before" = "$$($(tree-state))" ] || { echo "'make $$target' changes the tree: run it, and commit the result" >&2; git status --short >&2; exit 1; }; \
	done
	@$(MAKE) check

##@ Demo

.PHONY: demo
demo: build lab ## Watch three rollouts on a real control plane (KEEP=1 leaves it running)
	$(E2E) go build -ldflags "-s -w" -o ../bin/demo ./cmd/demo
	@LAB_BIN="$(LAB)" SERIN_BIN="$(CURDIR)/bin/serin" KUBECTL_SERIN_BIN="$(CURDIR)/bin/kubectl-serin" KEEP="$(KEEP)" bin/demo
