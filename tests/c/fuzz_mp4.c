/* Any bytes as an MPEG-4 file. Seeds: tests/c/corpus/mp4. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_container(data, size);
    return 0;
}
