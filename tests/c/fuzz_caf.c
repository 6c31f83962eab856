/* Any bytes as a CAF file. Seeds: tests/c/corpus/caf. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_container(data, size);
    return 0;
}
