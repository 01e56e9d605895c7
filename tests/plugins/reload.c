/* Loads the library, masks, swaps, unloads: a thousand times, in one process
 * that must not grow and in which nothing may be left over.
 *
 * usage: reload LIBMASKPIPE_SO TIMES [valgrind]
 *
 * Under valgrind, which keeps what it read of each mapping, the size of the
 * process says nothing.
 */

#include <dlfcn.h>
#include <maskpipe/maskpipe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char written[256];
static size_t written_size;

static int append(void *ctx, const char *bytes, size_t n) {
  (void)ctx;
  if (written_size + n > sizeof written) return 1;
  memcpy(written + written_size, bytes, n);
  written_size += n;
  return 0;
}

/* The functions of the library that is loaded now. */
#define GET(name)             \
  __typeof__(&name) p_##name; \
  *(void **)(&p_##name) = get(library, #name)

static void *get(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    fprintf(stderr, "%s is missing\n", name);
    exit(1);
  }
  return found;
}

static void check(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

static void once(const char *path) {
  static const char record[] = "one first-value-1 two second-value-2";
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  check(library != NULL, "dlopen");
  GET(maskpipe_secrets_new);
  GET(maskpipe_secrets_free);
  GET(maskpipe_secrets_load);
  GET(maskpipe_secrets_merge);
  GET(maskpipe_masker_new);
  GET(maskpipe_masker_free);
  GET(maskpipe_mask);
  GET(maskpipe_stream_new);
  GET(maskpipe_stream_free);
  GET(maskpipe_stream_write);
  GET(maskpipe_stream_set_masker);
  GET(maskpipe_stream_finish);
  GET(maskpipe_free);
  maskpipe_secrets *first = p_maskpipe_secrets_new();
  maskpipe_secrets *second = p_maskpipe_secrets_new();
  char *error = NULL, *out = NULL;
  size_t size = 0;
  check(p_maskpipe_secrets_load(first, "env:RELOAD_1", NULL, NULL) == 0,
        "load");
  check(p_maskpipe_secrets_load(first, "file:/nowhere", NULL, &error) < 0 &&
            error != NULL,
        "a source that fails");
  p_maskpipe_free(error);
  maskpipe_masker *a = p_maskpipe_masker_new(first, NULL, NULL);
  check(p_maskpipe_secrets_load(second, "env:RELOAD_2", NULL, NULL) == 0 &&
            p_maskpipe_secrets_merge(second, first, NULL) == 0,
        "merge");
  maskpipe_masker *b = p_maskpipe_masker_new(second, NULL, NULL);
  p_maskpipe_secrets_free(first);
  p_maskpipe_secrets_free(second);

  check(p_maskpipe_mask(a, record, sizeof record - 1, &out, &size) == 1 &&
            size == 26 && memcmp(out, "one *** two second-value-2", 26) == 0,
        "mask");
  p_maskpipe_free(out);
  written_size = 0;
  maskpipe_stream *stream = p_maskpipe_stream_new(a, append, NULL);
  check(p_maskpipe_stream_write(stream, record, 22) == 0 &&
            p_maskpipe_stream_set_masker(stream, b) == 0,
        "swap");
  p_maskpipe_masker_free(a);
  p_maskpipe_masker_free(b);
  check(p_maskpipe_stream_write(stream, record + 22, sizeof record - 23) == 0 &&
            p_maskpipe_stream_finish(stream) == 0,
        "write");
  p_maskpipe_stream_free(stream);
  check(written_size == 15 && memcmp(written, "one *** two ***", 15) == 0,
        "the stream's text");
  check(dlclose(library) == 0, "dlclose");
}

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  check(f != NULL && fscanf(f, "%ld %ld", &pages, &resident) == 2, "statm");
  fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv) {
  int i, times;
  long before = 0;
  check(argc >= 3, "usage: reload LIBMASKPIPE_SO TIMES [valgrind]");
  setenv("RELOAD_1", "first-value-1", 1);
  setenv("RELOAD_2", "second-value-2", 1);
  times = atoi(argv[2]);
  for (i = 0; i < times; ++i) {
    once(argv[1]);
    if (i == times / 2) before = resident_kib();
  }
  printf("%d times, grown %ld KiB in the second half\n", times,
         resident_kib() - before);
  check(argc > 3 || resident_kib() - before < 1024, "the process grows");
  return 0;
}
