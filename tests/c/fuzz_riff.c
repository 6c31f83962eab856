/* Any bytes as a RIFF file: WAVE, RF64, BW64, Wave64. Seeds: tests/c/corpus/riff. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_container(data, size);
    return 0;
}
