// libFuzzer's own interface (compiler-rt/lib/fuzzer/FuzzerInterface.h): the toolchain has the library, not its header.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
