# make check   everything a commit has to pass; does its own set-up
# make browser the pages in a real browser: islands, keyboard, hostile text, axe
# make build   the program, ./dalil
# make run     the sample case in a browser
# make bench   figures, as ratios measured in one run
# make torture the crash tests, every system call and a thousand kills
# make fuzz    every fuzz test for 30 s (FUZZTIME=5m for longer)
# make golden  write the outputs shown in the documents anew; look at the diff

SHELL := /bin/sh
GO    := go
# SQLite is C made into Go: it has no goroutines, and what it keeps is not in Go's
# memory, where races are looked for. Watched, it takes most of the time.
RACEFLAGS := -gcflags='modernc.org/...=-race=false -d=checkptr=0'
ALONE := TestDryRun|TestImportTwice|TestOrderDoesNotMatter|TestSampleKeepsItsPersons|TestZipEqualsFolder|TestSecondExport|TestProofOfEveryStatement|TestTruncatedExport|TestPersonsStayPrivate
FUZZTIME := 30s
BROWSER := internal/web/browser

export CGO_ENABLED ?= 0

.PHONY: check needs format vet tidy test race static browser build run bench torture fuzz golden licences

check: needs format vet tidy test race static browser
	@echo "make check: all passed"

# What the tests use beside Go: strace makes system calls fail, python3 runs
# doc/verify.py, a C compiler is needed for the race detector, sha256sum and
# bash are what the documents tell a reader to use, chromium shows the pages, node
# and npm check and drive it (nothing of theirs is in the program), tesseract reads
# the text in pictures.
needs:
	@missing=""; packages=""; \
	need() { command -v $$1 >/dev/null 2>&1 || { missing="$$missing $$1"; packages="$$packages $$2"; }; }; \
	need strace strace; need python3 python3; need gcc gcc; need bash bash; need sha256sum coreutils; need chromium chromium; need node nodejs; need npm npm; need tesseract "tesseract-ocr tesseract-ocr-ara tesseract-ocr-fas"; \
	command -v gcc >/dev/null 2>&1 && [ -e /usr/include/stdlib.h ] || packages="$$packages libc6-dev"; \
	if [ -n "$$packages" ] && [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "installing$$packages"; \
		(apt-get install -y -q --no-install-recommends $$packages || \
			{ apt-get update -q && apt-get install -y -q --no-install-recommends $$packages; }) </dev/null >/dev/null || exit 1; \
		missing=""; need strace strace; need python3 python3; need gcc gcc; need bash bash; need sha256sum coreutils; need chromium chromium; need node nodejs; need npm npm; need tesseract tesseract-ocr; \
	fi; \
	if [ -n "$$missing" ]; then \
		echo "missing:$$missing. On Debian or Ubuntu: apt-get install$$packages"; exit 1; \
	fi
	@# Chromium without its windows takes a third less time; where there is none, the tests use the other.
	@if ! command -v chromium-headless-shell >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		(apt-get install -y -q --no-install-recommends chromium-headless-shell || \
			{ apt-get update -q && apt-get install -y -q --no-install-recommends chromium-headless-shell; }) </dev/null >/dev/null 2>&1 || true; fi
	$(GO) mod download

format:
	@bad=$$(gofmt -l cmd doc internal); if [ -n "$$bad" ]; then echo "not formatted; run gofmt -w on:"; echo "$$bad"; exit 1; fi

vet:
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

tidy:
	@# -e: a dependency's own tests may need a module that no proxy gives out. One of
	@# them, pprof, has no version of its own: what counts as its newest changes from
	@# day to day, and we do not need it.
	@diff=$$($(GO) mod tidy -e -diff 2>/dev/null | grep '^[-+][^-+]' | grep -v ' *github.com/google/pprof '); \
	if [ -n "$$diff" ]; then echo "go.mod is not tidy: run go mod tidy -e"; echo "$$diff"; exit 1; fi

test:
	$(GO) test -timeout 20m ./...

race:
	@# The longest first. Left out are tests of what an import comes to: its goroutines are the same in the others.
	CGO_ENABLED=1 $(GO) test -race $(RACEFLAGS) -short -timeout 40m -skip '$(ALONE)' ./internal/pipeline ./internal/catalog/sqlite ./internal/archive/disk
	@# The goroutines of a verification are the same for one damage as for hundreds.
	CGO_ENABLED=1 $(GO) test -race $(RACEFLAGS) -run 'CleanCase|Unreadable|UnfinishedErasure' ./internal/custody
	@# So are those of an analysis for a dozen posts and for a million.
	CGO_ENABLED=1 $(GO) test -race $(RACEFLAGS) -run 'TestCases' ./internal/analysis/repost

# The pages as people use them. What npm installs is pinned by its lock file and
# stays in the folder; no browser is downloaded, the system's is used.
browser:
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || { echo "make browser needs Node 20 or later, here is $$(node --version)"; exit 1; }
	@cd $(BROWSER) && if ! cmp -s package-lock.json node_modules/installed; then \
		PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/installed; fi
	cd $(BROWSER) && npm run --silent types && npm run --silent style && npm test --silent

# One static binary, whatever it is built on. With -trimpath, as it is given to
# others, everything would be compiled once more than for the tests.
static:
	CGO_ENABLED=0 $(GO) build -o dalil ./cmd/dalil
	./dalil --version

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o dalil ./cmd/dalil

run:
	$(GO) run ./cmd/dalil demo

bench:
	$(GO) run ./internal/bench

torture:
	DALIL_TORTURE=1 $(GO) test -count=1 -timeout 6h ./...

fuzz:
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
		done; \
	done

golden: licences
	DALIL_UPDATE=1 $(GO) test -count=1 -run TestDocuments ./cmd/dalil

licences:
	DALIL_UPDATE=1 $(GO) test -count=1 -run TestLicences ./cmd/dalil
