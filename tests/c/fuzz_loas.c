/* Any bytes as a LOAS file. Seeds: tests/c/corpus/loas. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_container(data, size);
    return 0;
}
