/* A made libcuda: a device 0 whose memory is ordinary memory, and which has room for 1 MiB at a time. One range of the
   host's memory can be registered at a time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int is_current = 0;

int cuInit(unsigned flags) { return flags; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal == 0 ? 0 : 101; }
int cuDevicePrimaryCtxRetain(uint64_t *context, int device) { *context = 4096 + device; return 0; }
int cuCtxSetCurrent(uint64_t context) { is_current = context == 4096; return 0; }
int cuCtxSynchronize(void) { return 0; }
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (!is_current || bytes == 0) return 1;
  if (bytes > 1 << 20) return 2;
  *address = (uint64_t)malloc(bytes);
  return 0;
}
int cuMemFree_v2(uint64_t address) { free((void *)address); return 0; }

static uint64_t registered_start = 0, registered_end = 0;

static int meets_registered(uint64_t start, uint64_t end) { return start < registered_end && registered_start < end; }
static int is_across(uint64_t start, size_t bytes) {
  return meets_registered(start, start + bytes) && (start < registered_start || start + bytes > registered_end);
}
int cuMemHostRegister_v2(void *start, size_t bytes, unsigned flags) {
  if (!is_current || flags != 1) return 1;
  if (meets_registered((uint64_t)start, (uint64_t)start + bytes)) return 712;
  registered_start = (uint64_t)start;
  registered_end = registered_start + bytes;
  return 0;
}
int cuMemHostUnregister(void *start) {
  if (registered_end == 0 || (uint64_t)start != registered_start) return 713;
  registered_start = registered_end = 0;
  return 0;
}
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes) {
  if (is_across((uint64_t)from, bytes)) return 1;
  memcpy((void *)to, from, bytes);
  return 0;
}
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) {
  if (is_across((uint64_t)to, bytes)) return 1;
  memcpy(to, (void *)from, bytes);
  return 0;
}
int cuMemsetD8_v2(uint64_t address, unsigned char value, size_t bytes) { memset((void *)address, value, bytes); return 0; }
int cuGetErrorString(int error, const char **text) {
  *text = error == 101 ? "invalid device ordinal" : error == 2 ? "out of memory" : NULL;
  return 0;
}
