# The two commands: make demo, make test. Both install what is missing, build, and run.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
CC := gcc
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

APT_BUILD := gcc make pkg-config python3-venv python3-dev libsoxr-dev libavcodec-dev libavutil-dev
APT_TEST := ffmpeg sox libsox-fmt-all flac alsa-utils sound-theme-freedesktop clang libclang-rt-14-dev clang-format

.SECONDARY:
.PHONY: demo test test-all test-c test-abi test-py test-asan test-pythons lint bench fuzz wheel coverage-api build deps clean help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

# ---- the engine for its own C tests ------------------------------------------------------------------------
# VARIANT picks the compiler flags and the folder; DIRS may name fewer engine folders while one is being written.

VARIANT ?= debug
DIRS ?= base format file codec convert
BUILD ?= build
OUT := $(BUILD)/c/$(VARIANT)
CWARN := -Wall -Wextra -Wshadow -Wconversion -Wno-multichar -Werror
CFLAGS_debug := -O1 -g
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -g -fsanitize=thread
CFLAGS_release := -O3 -g
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
CBASE := -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -Icsrc/include -Icsrc/engine -MMD -MP
CVARIANT := $(CFLAGS_$(VARIANT))
CLIBS := -lsoxr -lm -ldl -lpthread

ENGINE_SRC := $(sort $(foreach d,$(DIRS),$(wildcard csrc/engine/$(d)/*.c)))
ENGINE_OBJ := $(ENGINE_SRC:%.c=$(OUT)/%.o)
ENGINE_LIB := $(OUT)/libcoremusic.so
FFMPEG_SRC := $(sort $(wildcard csrc/engine/ffmpeg/*.c))
FFMPEG_OBJ := $(FFMPEG_SRC:%.c=$(OUT)/%.o)
FFMPEG_LIB := $(OUT)/libcoremusic-ffmpeg.so
C_TESTS := $(sort $(patsubst tests/c/%.c,%,$(wildcard tests/c/test_*.c)))
T ?= $(C_TESTS)

$(OUT)/csrc/engine/%.o: csrc/engine/%.c
	@mkdir -p $(@D)
	@echo "cc $<"; $(CC) $(CBASE) $(CVARIANT) $(CWARN) -c $< -o $@

# C tests reach inside, so the engine's objects are linked into each; plug-ins find it under its usual name too.
$(OUT)/libengine.a: $(ENGINE_OBJ)
	@rm -f $@
	@ar rcs $@ $(ENGINE_OBJ)

$(FFMPEG_LIB): $(FFMPEG_OBJ)
	@echo "ld $@"; $(CC) $(CVARIANT) -shared -o $@ $(FFMPEG_OBJ) -lavcodec -lavutil -lm

$(OUT)/tests/%.o: tests/c/%.c tests/c/check.h
	@mkdir -p $(@D)
	@echo "cc $<"; $(CC) $(CBASE) $(CVARIANT) -Wall -Wextra -Wno-multichar -Werror -Itests/c -c $< -o $@

$(OUT)/test_%: $(OUT)/tests/test_%.o $(OUT)/libengine.a $(if $(FFMPEG_SRC),$(FFMPEG_LIB))
	@echo "ld $@"; $(CC) $(CVARIANT) -rdynamic -o $@ $< -Wl,--whole-archive $(OUT)/libengine.a -Wl,--no-whole-archive $(CLIBS)

## make test-c        engine tests in C; T="test_handle test_cf" picks some, VARIANT=asan a build
test-c: $(T:%=$(OUT)/%)
	@for t in $(T); do echo "== $$t"; $(OUT)/$$t || exit 1; done

# ---- Apple's headers ---------------------------------------------------------------------------------------

$(OUT)/abi_test: tools/gen_abi_test.py tools/apple_tables.py $(wildcard csrc/include/*/*.h tests/data/apple/*.tsv)
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen_abi_test.py $@.c
	@echo "cc $@.c"; $(CC) -std=c11 -Icsrc/include -Wall -Wextra -Wno-multichar -Werror -o $@ $@.c

## make test-abi      our headers hold Apple's values, sizes, offsets, types and prototypes
test-abi: $(OUT)/abi_test
	@$<

## make coverage-api  how much of each Apple header exists
coverage-api:
	@$(PYTHON) tools/coverage_api.py

-include $(shell find $(BUILD)/c -name '*.d' 2>/dev/null)
