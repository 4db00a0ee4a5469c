# fe-tools: make, make demo, make check, make bench, make install PREFIX=...
# Objects live under build/, one folder for each set of compiler and flags.
SHELL   = /bin/sh
CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
VERSION := $(shell cat VERSION)

warn    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wvla $(if $(WERROR),-Werror)
san     = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
packages = cfitsio wcslib gsl fftw3 yaml-0.1 erfa
pc_cflags := $(shell pkg-config --cflags $(packages) 2>/dev/null)
pc_libs   := -lcfitsio -lgsl -lgslcblas -lyaml -lz -lm

all_cflags = -std=c11 -D_GNU_SOURCE -Ilib $(warn) -ffp-contract=off $(pc_cflags) $(CPPFLAGS) $(CFLAGS) $(san) -pthread
flags_id := $(shell printf '%s' "$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(SANITIZE) $(WERROR)" | cksum | cut -d' ' -f1)
B       := build/$(flags_id)

lib_src   := $(wildcard lib/*/*.c)
lib_obj   := $(lib_src:%.c=$B/%.o)
tools     := $(patsubst tools/%.c,%,$(wildcard tools/fe-*.c))
unit      := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/t_*.c))

all: $(tools:%=$B/bin/%)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(all_cflags) -MMD -MP -c -o $@ $<

$B/libfe.a: $(lib_obj)
	@rm -f $@
	$(AR) rcs $@ $^

$B/bin/%: $B/tools/%.o $B/libfe.a
	@mkdir -p $(@D)
	$(CC) $(all_cflags) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(pc_libs)

$B/unit/%: $B/tests/unit/%.o $B/libfe.a
	@mkdir -p $(@D)
	$(CC) $(all_cflags) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(pc_libs)

unit: $(unit:%=$B/unit/%)
print-%: ; @echo $($*)
clean: ; rm -rf build
.PHONY: all unit clean
.SECONDARY:
$B/lib/base/version.o: VERSION
$B/lib/base/version.o: all_cflags += -DFE_VERSION='"$(VERSION)"'
-include $(shell find $B -name '*.d' 2>/dev/null)
