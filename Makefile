# The two commands: make demo, make test. Both install what is missing, build, and run.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
CC := gcc
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

APT_BUILD := gcc make pkg-config python3-venv python3-dev libsoxr-dev libavcodec-dev libavutil-dev \
    libpulse-dev libasound2-dev libjack-jackd2-dev
# With a recording that a person spoke.
APT_DEMO := alsa-utils
APT_TEST := ffmpeg sox libsox-fmt-all flac lame mpg123 vorbis-tools opus-tools faad wavpack libsndfile1 \
    alsa-utils sound-theme-freedesktop pulseaudio pulseaudio-utils pipewire pipewire-pulse wireplumber \
    dbus-daemon jackd2
# PortAudio, which sounddevice uses, and its way to PulseAudio.
APT_BENCH := libportaudio2 libasound2-plugins
# For a kernel with sound cards in a machine of its own: make test-alsa.
APT_QEMU := qemu-system-x86 busybox-static kmod alsa-utils
APT_DEVELOP := g++ clang clang-format libclang-rt-14-dev libebur128-dev libblocksruntime-dev

.SECONDARY:
.PHONY: help build demo test test-all test-c test-alsa test-abi test-py test-slow test-asan test-tsan test-tsan-py \
    test-pythons \
    lint bench fuzz fuzz-engine test-c-programs wheel coverage-api clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

# ---- what has to be there ----------------------------------------------------------------------------------

# Installs $(APT). Only where Debian's tools are; elsewhere setup.py says what is missing.
deps-%: APT = $(APT_BUILD)
deps-demo: APT += $(APT_DEMO)
deps-test: APT += $(APT_TEST) $(APT_DEVELOP)
deps-bench: APT += $(APT_BENCH)
deps-qemu: APT += $(APT_TEST) $(APT_QEMU)
deps-%:
	@missing=$$(command -v dpkg-query >/dev/null || exit 0; for p in $(APT); do \
	    dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	    echo "installing:" $$missing; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    $(SUDO) apt-get update -q >/dev/null && $(SUDO) apt-get install -qy --no-install-recommends $$missing \
	        >/dev/null; \
	fi

PIP_INSTALL := $(BIN)/pip install -q --disable-pip-version-check

# What building takes; the package itself is built in place and on the path.
$(VENV)/ready: pyproject.toml | deps-build
	@echo "venv $(VENV)"; $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) -U pip setuptools wheel
	@$(PY) tools/extras.py | xargs $(PIP_INSTALL)
	@touch $@

# What the tests take besides: other readers, sound servers, compilers.
$(VENV)/tests: pyproject.toml | deps-test build
	@$(PY) tools/extras.py test lint | xargs $(PIP_INSTALL)
	@touch $@

## make build         the package, built in place, in .venv
build: $(VENV)/ready
	@mkdir -p build
	@$(PY) setup.py -q build_ext --inplace > build/log.txt 2>&1 || { cat build/log.txt; exit 1; }
	@$(PIP_INSTALL) --no-build-isolation --no-deps -e . >> build/log.txt 2>&1 \
	    || { cat build/log.txt; exit 1; }

## make demo          what coremusic does, on a real recording
demo: deps-demo build
	@$(PY) examples/demo.py

## make test          everything that passes without hardware
test: $(VENV)/tests build
	@$(MAKE) --no-print-directory -j$$(nproc) test-c-programs
	@$(MAKE) --no-print-directory lint test-abi test-c test-py

## make test-all      that, the slow tests, the sanitizers and the other Pythons
test-all: test test-slow test-asan test-tsan test-pythons

PYTEST := -m pytest -q

## make test-py       tests of the Python side; ARGS="-k name" picks some
test-py:
	@$(PY) $(PYTEST) -m "not slow" $(ARGS)

test-slow:
	@$(PY) $(PYTEST) -m slow $(ARGS)

# The bindings and the engine under the address and undefined-behaviour sanitizers. Python's own allocator hides
# overruns, and the interpreter never frees all that it has, so leaks are left to the tests that look for them.
ASAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# pytest keeps what a program writes that it ends with.
ASAN_REPORT := $(CURDIR)/build/asan/report
ASAN_LIBRARIES = $(shell $(CC) -print-file-name=libasan.so) $(shell $(CC) -print-file-name=libubsan.so)

# In a shell that has pytest's $result and the names of the sanitizer's reports in $found: those, and a last line.
sanitizer_verdict = [ -z "$$found" ] || { cat $$found; result=1; }; \
    echo "$(1): $$([ $$result = 0 ] && echo passed || echo FAILED)," \
        "$$(printf '%s' "$$found" | grep -c .) processes with a report"; exit $$result

## make test-asan     C tests and Python tests under the address and undefined-behaviour sanitizers
test-asan: $(VENV)/tests build
	@$(MAKE) --no-print-directory -j$$(nproc) test-c-programs VARIANT=asan
	@$(MAKE) --no-print-directory test-c VARIANT=asan
	@CFLAGS="$(ASAN_FLAGS)" $(PY) setup.py -q build --build-base build/asan --build-lib build/asan/lib \
	    > build/asan-log.txt 2>&1 || { cat build/asan-log.txt; exit 1; }
	@rm -f $(ASAN_REPORT).*
	@LD_PRELOAD="$(ASAN_LIBRARIES)" PYTHONMALLOC=malloc \
	    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:log_path=$(ASAN_REPORT) \
	    UBSAN_OPTIONS=print_stacktrace=1:log_path=$(ASAN_REPORT) \
	    PYTHONPATH=$(CURDIR)/build/asan/lib COREMUSIC_SANITIZED=address $(PY) $(PYTEST) -m "not slow" -p no:cacheprovider \
	    --timeout 1200 $(ARGS); result=$$?; \
	    found=$$(grep -lsE 'ERROR|runtime error' $(ASAN_REPORT).*); $(call sanitizer_verdict,test-asan)

# The interpreter is not instrumented: races of its own objects are not seen, those of ours are, in its threads too.
TSAN_REPORT := $(CURDIR)/build/tsan/report
TSAN_TESTS ?= $(addprefix tests/test_,live_abuse.py streaming.py audio_player.py audio_queue_objects.py \
    audio_unit_objects.py devices.py system_sound.py capi_threads.py objects_threads.py midi_objects.py capi_midi.py \
    capi_midi_thru.py)

## make test-tsan     C tests, and Python tests of sound and MIDI in threads, under the thread sanitizer
test-tsan: $(VENV)/tests build
	@$(MAKE) --no-print-directory -j$$(nproc) test-c-programs VARIANT=tsan
	@$(MAKE) --no-print-directory test-c VARIANT=tsan
	@$(MAKE) --no-print-directory test-tsan-py

test-tsan-py: $(VENV)/tests build
	@CFLAGS="$(CFLAGS_tsan)" $(PY) setup.py -q build --build-base build/tsan --build-lib build/tsan/lib \
	    > build/tsan-log.txt 2>&1 || { cat build/tsan-log.txt; exit 1; }
	@rm -f $(TSAN_REPORT).*
	@LD_PRELOAD="$$($(CC) -print-file-name=libtsan.so)" \
	    TSAN_OPTIONS=allocator_may_return_null=1:history_size=7:exitcode=0:log_path=$(TSAN_REPORT) \
	    PYTHONPATH=$(CURDIR)/build/tsan/lib COREMUSIC_SANITIZED=thread $(PY) $(PYTEST) -m "not slow" -p no:cacheprovider \
	    --timeout 1200 $(TSAN_TESTS) $(ARGS); result=$$?; \
	    found=$$(ls $(TSAN_REPORT).* 2>/dev/null); $(call sanitizer_verdict,test-tsan)

## make test-pythons  the installed package under every Python of 3.11, 3.12, 3.13 that is there
test-pythons: deps-test
	@for v in 3.11 3.12 3.13; do \
	    found=; for p in python$$v "$$(pyenv root 2>/dev/null)"/versions/$$v*/bin/python; do \
	        [ -n "$$found" ] || ! $$p -c "" 2>/dev/null || found=$$p; done; \
	    [ -n "$$found" ] || { echo "Python $$v is not here: not tested"; continue; }; \
	    sh tools/test_python.sh $$found build/python$$v || exit 1; \
	done

## make lint          formatting, types, style
lint:
	@clang-format --dry-run -Werror $$(git ls-files 'csrc/*.c' 'csrc/*.h' 'tests/c/*.c' 'tests/c/*.h' 'examples/c/*.c')
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@MYPYPATH=src $(PY) -m mypy.stubtest coremusic._capi coremusic._objects coremusic._dsp coremusic._engine

## make bench         speed beside that of other libraries, as ratios
bench: $(VENV)/tests deps-bench build
	@$(PY) tools/extras.py bench | xargs $(PIP_INSTALL)
	@$(PY) benchmarks/run.py

## make wheel         dist/*.whl with the native libraries inside
wheel: deps-test build
	@sh tools/wheel.sh $(PY)

clean:
	@rm -rf build dist src/coremusic/*.so src/*.egg-info

# ---- the engine for its own C tests ------------------------------------------------------------------------
# VARIANT picks the compiler flags and the folder; DIRS may name fewer engine folders while one is being written.

VARIANT ?= debug
DIRS ?= base format file codec convert device unit queue midi
BUILD ?= build
OUT := $(BUILD)/c/$(VARIANT)
CWARN := -Wall -Wextra -Wshadow -Wconversion -Wno-multichar -Werror
CFLAGS_debug := -O1 -g -DCM_CHECK_RENDER
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

# Blocks are clang's; these objects are not instrumented, since its sanitizers are not gcc's.
$(OUT)/tests/test_%_blocks.o: tests/c/test_%_blocks.c tests/c/check.h
	@mkdir -p $(@D)
	@echo "clang $<"; clang -fblocks -O1 -g $(CBASE) -Wall -Wextra -Wno-multichar -Werror -Itests/c -c $< -o $@

$(OUT)/test_%_blocks: CLIBS += -lBlocksRuntime

$(OUT)/test_%: $(OUT)/tests/test_%.o $(OUT)/libengine.a $(if $(FFMPEG_SRC),$(FFMPEG_LIB))
	@echo "ld $@"; $(CC) $(CVARIANT) -rdynamic -o $@ $< -Wl,--whole-archive $(OUT)/libengine.a -Wl,--no-whole-archive $(CLIBS)

test-c-programs: $(T:%=$(OUT)/%)

## make test-c        engine tests in C; T="test_handle test_cf" picks some, VARIANT=asan a build
test-c: test-c-programs
	@printf '%s\n' $(T) | xargs -P$$(nproc) -I{} sh -c '$(OUT)/{} > $(OUT)/{}.log 2>&1 && \
	    echo "{}: $$(grep -c "^ok" $(OUT)/{}.log) passed" || { echo "== {}"; cat $(OUT)/{}.log; exit 255; }'

# The host's files are the machine's, so anything that runs here can be asked for.
ALSA_TESTS ?= test_alsa test_midi_alsa test_hal_output_drivers test_pulse_ports
COMMANDS ?= $(ALSA_TESTS:%=$(abspath $(OUT))/%)

## make test-alsa     C tests of ALSA on a kernel with sound cards, in qemu; COMMANDS='"aplay -l"' runs others
test-alsa: deps-qemu
	@$(MAKE) --no-print-directory test-c-programs T="$(ALSA_TESTS)"
	@QEMU_BUILD=$(BUILD)/qemu sh tools/qemu_alsa.sh $(COMMANDS)

# ---- fuzzing -----------------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZERS := $(sort $(patsubst tests/c/%.c,%,$(wildcard tests/c/fuzz_*.c)))
F ?= $(FUZZERS)
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_OUT := $(BUILD)/c/fuzz
# clang's -Wconversion says more than gcc's, which is the one that the code keeps to.
FUZZ_MAKE := $(MAKE) --no-print-directory -j$$(nproc) VARIANT=fuzz CC=clang CWARN="-Wall -Wextra -Wno-multichar"

$(FUZZ_OUT)/fuzz_%: tests/c/fuzz_%.c tests/c/fuzz_file.h fuzz-engine
	@echo "ld $@"; clang $(CBASE) $(FUZZ_FLAGS) -Wno-multichar -Itests/c -rdynamic -o $@ $< \
	    -Wl,--whole-archive $(FUZZ_OUT)/libengine.a -Wl,--no-whole-archive $(CLIBS)

fuzz-engine: deps-test
	@$(FUZZ_MAKE) $(FUZZ_OUT)/libengine.a $(FUZZ_OUT)/libcoremusic-ffmpeg.so

# A fuzzer without a corpus of its own starts from all of them.
## make fuzz          each fuzzer for FUZZ_SECONDS (60); F="fuzz_caf" picks some
fuzz: $(F:%=$(FUZZ_OUT)/%)
	@for f in $(F); do echo "== $$f"; n=$${f#fuzz_}; found=$(FUZZ_OUT)/found/$$n; mkdir -p $$found; \
	    seeds=$$(ls -d tests/c/corpus/$$n 2>/dev/null || ls -d tests/c/corpus/*); \
	    $(FUZZ_OUT)/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -max_len=65536 -verbosity=0 \
	        -artifact_prefix=$$found/ $$found $$seeds || exit 1; \
	done

# ---- Apple's headers ---------------------------------------------------------------------------------------

$(OUT)/abi_test: tools/gen_abi_test.py tools/apple_tables.py $(wildcard csrc/include/*/*.h tests/data/apple/*.tsv)
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen_abi_test.py $@.c
	@echo "cc $@.c"; $(CC) -std=c11 -Icsrc/include -Wall -Wextra -Wno-multichar -Werror -o $@ $@.c
	@clang -fblocks -std=c11 -Icsrc/include -Wall -Wextra -Wno-multichar -Werror -fsyntax-only $@.c

## make test-abi      our headers hold Apple's values, sizes, offsets, types and prototypes
test-abi: $(OUT)/abi_test
	@$<

## make coverage-api  how much of each Apple header exists
coverage-api:
	@$(PYTHON) tools/coverage_api.py

-include $(shell find $(BUILD)/c -name '*.d' 2>/dev/null)
