// The program that libFuzzer makes: its own main, and the function that it calls with each input.
#include <stddef.h>
#include <stdint.h>

void sockstated_fuzz(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sockstated_fuzz(data, size);
  return 0;
}
