# Recipes are short: what takes more than a line or two is a script in hack/.
SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# What a caller may set.
RACE ?=
FUZZTIME ?= 10s
ARCHS ?= $(shell go env GOARCH)
IMAGE ?= seawall:dev
ARGS ?=

# One setting for builds, tests and lint, so that they share go's build cache; the race
# detector needs cgo.
export CGO_ENABLED := $(if $(RACE),1,0)
# The programs read their version from the build information that go stamps from git.
# Without a commit to stamp go would fail.
BUILDVCS = $(if $(shell git rev-parse --quiet --verify HEAD 2>/dev/null),auto,false)
GOBUILD = CGO_ENABLED=0 go build -trimpath -buildvcs=$(BUILDVCS) -ldflags '-s -w'
GOTEST = -timeout 30m $(if $(RACE),-race)

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Build

.PHONY: build
build: ## Build the programs into bin/
	$(GOBUILD) -o bin/ ./cmd/...

.PHONY: image
image: ## Build the OCI image into dist/ for ARCHS ("amd64 arm64 ppc64le s390x"), without a container engine
	set -e; for arch in $(ARCHS); do GOOS=linux GOARCH=$$arch $(GOBUILD) -o bin/linux-$$arch/ ./cmd/seawall-webhook; done
	go run ./hack/notices -output dist/THIRD-PARTY.txt -platforms '$(addprefix linux/,$(ARCHS))' ./cmd/seawall-webhook
	go run -C hack/image . -output '$(CURDIR)/dist/seawall-image.tar' -name '$(IMAGE)' \
		-license '$(CURDIR)/LICENSE' -license '$(CURDIR)/dist/THIRD-PARTY.txt' \
		-version "$$(git describe --tags --always --dirty 2>/dev/null || echo dev)" \
		-revision "$$(git rev-parse --quiet --verify HEAD 2>/dev/null)" \
		$(foreach arch,$(ARCHS),$(arch)='$(CURDIR)/bin/linux-$(arch)/seawall-webhook')

.PHONY: release
release: ## Build a release into dist/: CLI for six platforms, image, chart, bills of materials, checksums
	helm=$$(hack/tools/build.sh helm) && bills=$$(hack/tools/build.sh cyclonedx-gomod) && \
		go run ./hack/release -helm "$$helm" -cyclonedx-gomod "$$bills"

.PHONY: release-verify
release-verify: ## Build a release twice, the second time in a clone, and compare the bytes
	hack/verify/release.sh

.PHONY: generate
generate: ## Write what follows from the API types, the kinds and the commands: CRDs, RBAC, webhook rules, reference
	controller_gen=$$(hack/tools/build.sh controller-gen) && \
		"$$controller_gen" object crd paths=./pkg/apis/... output:crd:dir=config/crd/bases
	go run ./hack/generate

.PHONY: clean
clean: ## Remove what the other targets wrote into this folder
	rm -rf bin dist

##@ Try

.PHONY: demo
demo: ## Start a local cluster with Seawall and watch it refuse a wave; ARGS go to the demo
	go build -o bin/demo ./hack/demo && exec bin/demo $(ARGS)

##@ Test

.PHONY: test
test: ## Run all tests against a real API server (the first run builds it); RACE=1 with the race detector
	hack/test.sh $(if $(RACE),-race)

.PHONY: test-versions
test-versions: ## Run all tests against older API servers, too: those that have a file go-VERSION.mod in hack/controlplane
	for file in hack/controlplane/go-*.mod; do \
		version=$${file#hack/controlplane/go-} && SEAWALL_KUBERNETES=$${version%.mod} hack/test.sh || exit 1; \
	done

.PHONY: test-unit
test-unit: ## Run the tests that need no API server
	gotestsum=$$(hack/tools/build.sh gotestsum) && "$$gotestsum" --format pkgname -- $(GOTEST) -short ./...

.PHONY: test-argocd test-argocd-more
test-argocd: FEWER = -ginkgo.label-filter='!more'
test-argocd: ## Run the tests with the real Argo CD (the first run builds it); ARGS go to the tests
test-argocd-more: ## Run those too that start Argo CD anew with other settings
test-argocd test-argocd-more:
	assets=$$(hack/controlplane/build.sh) && hack/tools/build.sh argocd helm >/dev/null && \
		KUBEBUILDER_ASSETS="$$assets" go test -C hack/argocd -v -count=1 $(GOTEST) ./... $(FEWER) $(ARGS)

.PHONY: test-flux
test-flux: ## Run the tests with the real Flux (the first run builds it); ARGS go to the tests
	assets=$$(hack/controlplane/build.sh) && hack/tools/build.sh source-controller kustomize-controller helm-controller helm >/dev/null && \
		KUBEBUILDER_ASSETS="$$assets" go test -C hack/flux -v -count=1 $(GOTEST) ./... $(ARGS)

.PHONY: test-node
test-node: ## Run the tests on a real node (Linux, root, Debian's packages; the first run builds it); ARGS go to the tests
	hack/node/enter.sh true && assets=$$(hack/controlplane/build.sh node) && hack/tools/build.sh helm >/dev/null && \
		artifacts=$$(hack/node/build.sh) && KUBEBUILDER_ASSETS="$$assets" SEAWALL_NODE="$$artifacts" \
		go test -C hack/node -exec '$(CURDIR)/hack/node/enter.sh' -v -count=1 $(GOTEST) . $(ARGS)

.PHONY: soak
soak: ## Have two replicas answer 200 reviews a second for 30 minutes while faults befall them; ARGS go to it
	go build -o bin/soak ./hack/soak && exec bin/soak $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz each parser and decoder for FUZZTIME (10s)
	FUZZTIME=$(FUZZTIME) hack/verify/fuzz.sh

.PHONY: oracle
oracle: ## Compare with Argo CD's own controller; ARGS go to the test ("-cases 20000 -seed 7")
	go test ./hack/oracle -count=1 -v -timeout 0 $(ARGS)

.PHONY: bench
bench: ## Measure the webhook under load; ARGS go to the benchmark
	go run ./hack/bench $(ARGS)

.PHONY: bench-go
bench-go: ## Run the Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

##@ Check

.PHONY: lint
lint: ## Lint the code and the API types
	hack/verify/lint.sh

.PHONY: verify
verify: ## Check all that needs no test run: lint, modules, generated files, chart, manifests, scripts
	hack/verify/run.sh
