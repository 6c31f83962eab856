/* Any bytes as a file of frames: MPEG layers 1 to 3, ADTS, AC-3 and AMR. Seeds: tests/c/corpus/mpeg. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_container(data, size);
    return 0;
}
