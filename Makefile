# fe-tools.  make help says what there is to make.
#
# Objects live under build/, one folder for each compiler, set of flags and set of libraries ($B), so that builds do not
# disturb each other; build/bin and build/man point to the newest.  All paths are relative: the folder may hold blanks.
SHELL   = /bin/sh
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell cat VERSION)
AWK     ?= awk
BASH_COMPLETION ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETION  ?= $(PREFIX)/share/zsh/site-functions

ifeq ($(origin CC),default)
CC      := cc
endif
CFLAGS  ?= -O2 -g $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
LDFLAGS ?= -Wl,-z,relro,-z,now

# ---- libraries -------------------------------------------------------------------------------------------------
# The static CFITSIO starts four milliseconds sooner: the shared one brings libcurl and its thirty libraries, which these
# tools never use (lib/io/nocurl.c stands in for it).  SHARED=1 links everything shared, as does a missing archive.
packages  = cfitsio gsl yaml-0.1 erfa expat nettle zlib wcslib fftw3
have      := $(shell pkg-config --exists $(packages) 2>/dev/null && echo yes)
pc_cflags := $(shell pkg-config --cflags $(packages) 2>/dev/null)
libdir    := $(shell pkg-config --variable=libdir cfitsio 2>/dev/null)
static    := $(if $(SHARED),,$(wildcard $(libdir)/libcfitsio.a))
pc_libs   := $(shell pkg-config $(if $(static),--static) --libs $(packages) 2>/dev/null)
archive   = $(or $(wildcard $(libdir)/lib$1.a),-l$1)
system    = -lm -lpthread
libs      := $(if $(static),$(foreach l,$(filter-out -lcurl $(system),$(pc_libs)),$(patsubst -l%,$(call archive,$(l:-l%=%)),$l)) $(system),$(pc_libs))

# ---- compiler ----------------------------------------------------------------------------------------------------
warn    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)
san     = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
all_cflags = -std=c11 -D_GNU_SOURCE -Ilib $(warn) -ffp-contract=off $(pc_cflags) $(CPPFLAGS) $(CFLAGS) $(san) -pthread
compile = $(CC) $(all_cflags) -ffile-prefix-map="$$PWD"=.
link    = $(CC) $(CFLAGS) $(san) -pthread $(LDFLAGS) -Wl,--as-needed
flags_id := $(shell printf '%s' "$(CC) $(all_cflags) $(LDFLAGS) $(libs)" | cksum | cut -d' ' -f1)
B       := build/$(flags_id)

lib_src := $(filter-out lib/io/nocurl.c,$(wildcard lib/*/*.c))
lib_obj := $(lib_src:%.c=$B/%.o)
nocurl  := $(if $(static),$B/lib/io/nocurl.o)
tools   := $(patsubst tools/%.c,%,$(wildcard tools/fe-*.c))
shared_obj := $(patsubst %.c,$B/%.o,$(filter-out tools/fe-%.c,$(wildcard tools/*.c)))
unit    := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/t_*.c))
helpers := $(patsubst tests/tools/%.c,%,$(wildcard tests/tools/*.c))
preload := $(patsubst tests/preload/%.c,%.so,$(wildcard tests/preload/*.c))
pages   := $(patsubst man/%.in,%,$(wildcard man/*.in))
need    := $(if $(have),,missing-libraries)

all: $(tools:%=$B/bin/%) $(pages:%=$B/man/%) $(tools:%=$B/bash/%) $(tools:%=$B/zsh/_%)
	@mkdir -p $B/bin $B/man && ln -sfn $(flags_id)/bin build/bin && ln -sfn $(flags_id)/man build/man

unit: $(unit:%=$B/unit/%) $(helpers:%=$B/testbin/%) $(preload:%=$B/testbin/%)

$B/%.o: %.c | $(need)
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c -o $@ $<

$B/lib/base/version.o: VERSION
$B/lib/base/version.o: all_cflags += -DFE_VERSION='"$(VERSION)"'
$B/lib/io/fits.o: all_cflags += $(if $(static),-DFE_CFITSIO_STATIC)

$B/libfe.a: $(lib_obj)
	@rm -f $@
	$(AR) rcs $@ $^

# What several tools do alike: one archive, of which each takes what it calls.
$B/libtools.a: $(shared_obj)
	@rm -f $@
	$(AR) rcs $@ $^

$B/bin/%: $B/tools/%.o $B/libtools.a $B/libfe.a $(nocurl)
	@mkdir -p $(@D)
	$(link) -o $@ $^ $(libs)

$B/unit/%: $B/tests/unit/%.o $B/libfe.a $(nocurl)
	@mkdir -p $(@D)
	$(link) -o $@ $^ $(libs)

# A program that is sanitized would find the sanitizer's library behind the preloaded one, so these go without.
$B/testbin/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(filter-out $(san),$(compile)) -shared -fPIC -o $@ $< -ldl

$B/testbin/%: $B/tests/tools/%.o $(nocurl)
	@mkdir -p $(@D)
	$(link) -o $@ $^ $(libs)

missing-libraries:
	@echo "some of these libraries are missing: $(packages) (make deps installs them on Debian)" >&2; false

# ---- pages and completions: the options in them come from the tools themselves -------------------------------------
$B/%.options: $B/bin/%
	@$< --dump-options > $@.new && mv $@.new $@

$B/mktables: $B/man/mktables.o $B/libfe.a $(nocurl)
	$(link) -o $@ $^ $(libs)

$B/tables: $B/mktables
	@$< > $@.new && mv $@.new $@

$(patsubst %,$B/man/%,$(filter %.1,$(pages))): $B/man/%.1: man/%.1.in man/mkman.awk VERSION $B/%.options
	@mkdir -p $(@D)
	@$(AWK) -v version=$(VERSION) -v options=$B/$*.options -f man/mkman.awk $< > $@.new && mv $@.new $@

$(patsubst %,$B/man/%,$(filter-out %.1,$(pages))): $B/man/%: man/%.in man/mkman.awk VERSION $B/tables $(wildcard man/numbers/*.tsv)
	@mkdir -p $(@D)
	@$(AWK) -v version=$(VERSION) -v tables=$B/tables -v numbers=man/numbers -f man/mkman.awk $< > $@.new && mv $@.new $@

$B/bash/%: $B/%.options man/mkcomp.awk
	@mkdir -p $(@D)
	@$(AWK) -v tool=$* -v shell=bash -f man/mkcomp.awk $< > $@.new && mv $@.new $@

$B/zsh/_%: $B/%.options man/mkcomp.awk
	@mkdir -p $(@D)
	@$(AWK) -v tool=$* -v shell=zsh -f man/mkcomp.awk $< > $@.new && mv $@.new $@

# ---- what a user types -----------------------------------------------------------------------------------------
# The second make sees the packages that the first one installed.
demo: deps
	@$(MAKE) --no-print-directory -s run-demo

run-demo: all
	@FE_BIN=$B/bin sh data/demo.sh

check: check-deps
	@$(MAKE) --no-print-directory -s run-check

run-check: all unit
	@FE_BUILD=$B FE_CC="$(CC)" FE_VERSION=$(VERSION) tests/run

bench: all
	@FE_BIN=$B/bin tests/bench/run

# The tables of fe-numbers(7), from the tests that also compare them (tests/cli/numbers.bats).  Those of real data stay as they
# are where these are absent (FE_SHARED).
number_tests := $(shell cd tests/unit && grep -lE 'open_table|write_differences' t_*.c)

numbers: $(tools:%=$B/bin/%) $(number_tests:%.c=$B/unit/%)
	@mkdir -p man/numbers
	for t in $(number_tests:%.c=%); do FE_NUMBERS_DIR=man/numbers $B/unit/$$t || exit 1; done
	FE_NUMBERS_DIR="$$PWD/man/numbers" FE_BUILD=$B bats tests/cli/reference.bats tests/cli/convert.bats tests/cli/lightcurve.bats

deps:
	@sh tools/deps.sh build

check-deps:
	@sh tools/deps.sh build check

install: all
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(BASH_COMPLETION)" "$(DESTDIR)$(ZSH_COMPLETION)"
	install -m 755 $(tools:%=$B/bin/%) "$(DESTDIR)$(PREFIX)/bin"
	for p in $(pages); do \
	    install -D -m 644 $B/man/$$p "$(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$$p" || exit 1; done
	install -m 644 $(tools:%=$B/bash/%) "$(DESTDIR)$(BASH_COMPLETION)"
	install -m 644 $(tools:%=$B/zsh/_%) "$(DESTDIR)$(ZSH_COMPLETION)"

uninstall:
	for t in $(tools); do rm -f "$(DESTDIR)$(PREFIX)/bin/$$t" "$(DESTDIR)$(BASH_COMPLETION)/$$t" \
	    "$(DESTDIR)$(ZSH_COMPLETION)/_$$t" || exit 1; done
	for p in $(pages); do rm -f "$(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$$p" || exit 1; done

dist:
	@mkdir -p build
	git archive --format=tar.gz --prefix=fe-tools-$(VERSION)/ -o build/fe-tools-$(VERSION).tar.gz HEAD

clean:
	rm -rf build

help:
	@echo 'make             build the tools into build/bin and the pages into build/man'
	@echo 'make demo        the main job on data/: runs -> flux points -> converted table (installs what is missing)'
	@echo 'make check       all tests; the last line counts them (installs what is missing)'
	@echo 'make bench       time and memory, beside gammapy where FE_GAMMAPY_PYTHON names a Python that has it'
	@echo 'make numbers     man/numbers/: the tables of fe-numbers(7), from the tests'
	@echo 'make install     tools, pages and completions under PREFIX (now $(PREFIX)); make uninstall removes them'
	@echo 'make deps        install the Debian packages that are missing'
	@echo 'make dist        build/fe-tools-$(VERSION).tar.gz from the last commit'
	@echo 'make clean       remove build/'
	@echo 'CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR as usual; WERROR=1, SANITIZE=address,undefined, SHARED=1'

print-%: ; @echo $($*)

.PHONY: all unit demo run-demo check run-check bench numbers deps check-deps install uninstall dist clean help missing-libraries
.SECONDARY:
.DELETE_ON_ERROR:
-include $(lib_obj:.o=.d) $(nocurl:.o=.d) $(tools:%=$B/tools/%.d) $(shared_obj:.o=.d) $B/man/mktables.d $(unit:%=$B/tests/unit/%.d) $(helpers:%=$B/tests/tools/%.d)
