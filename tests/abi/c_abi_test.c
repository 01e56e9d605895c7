/* The C ABI, used as its header says, by a program in C. */

#include <maskpipe/maskpipe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures = 0;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)

struct text {
  char bytes[4096];
  size_t size;
  int fails;
};

static int append(void *ctx, const char *bytes, size_t n) {
  struct text *t = ctx;
  if (t->fails || n == 0 || t->size + n > sizeof t->bytes) return 1;
  memcpy(t->bytes + t->size, bytes, n);
  t->size += n;
  return 0;
}

static int is(const struct text *t, const char *expected) {
  return t->size == strlen(expected) &&
         memcmp(t->bytes, expected, t->size) == 0;
}

static maskpipe_masker *masker_of(const char *value, const char *mask) {
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_options *options = maskpipe_options_new();
  maskpipe_masker *masker;
  CHECK(maskpipe_secrets_add(secrets, "db", value, strlen(value), NULL) == 0);
  CHECK(maskpipe_options_set(options, "mask", mask, NULL) == 0);
  masker = maskpipe_masker_new(secrets, options, NULL);
  CHECK(masker != NULL);
  maskpipe_options_free(options);
  maskpipe_secrets_free(secrets);
  return masker;
}

static void a_record_is_masked(void) {
  maskpipe_masker *m = masker_of(" hunter2\n", "[{name}]");
  char *out = (char *)"not NULL";
  size_t size = 1;
  CHECK(maskpipe_mask(m, "no secret", 9, &out, &size) == 0);
  CHECK(out == NULL && size == 0);
  CHECK(maskpipe_mask(m, "a hunter2!", 10, &out, &size) == 1);
  CHECK(size == 7 && memcmp(out, "a [db]!", 7) == 0);
  maskpipe_free(out);
  CHECK(maskpipe_mask(m, NULL, 0, &out, &size) == 0);
  CHECK(maskpipe_mask(NULL, "x", 1, &out, &size) == MASKPIPE_E_USAGE);
  maskpipe_masker_free(m);
}

static void a_stream_is_masked_however_it_is_cut(void) {
  const char *text = "one hunter2 two hunter2hunter2 three hunter";
  const size_t size = strlen(text);
  size_t cut;
  maskpipe_masker *m = masker_of("hunter2", "*");
  for (cut = 0; cut <= size; ++cut) {
    struct text out = {{0}, 0, 0};
    maskpipe_stream *s = maskpipe_stream_new(m, append, &out);
    CHECK(maskpipe_stream_write(s, text, cut) == 0);
    CHECK(maskpipe_stream_write(s, text + cut, size - cut) == 0);
    CHECK(maskpipe_stream_finish(s) == 0);
    CHECK(is(&out, "one * two * three hunter"));
    CHECK(maskpipe_stream_write(s, "x", 1) == MASKPIPE_E_STATE);
    CHECK(maskpipe_stream_finish(s) == MASKPIPE_E_STATE);
    maskpipe_stream_free(s);
  }
  maskpipe_masker_free(m);
}

static void a_masker_is_swapped_and_outlives_its_owner(void) {
  struct text out = {{0}, 0, 0};
  maskpipe_masker *first = masker_of("alphabet", "1");
  maskpipe_masker *second = masker_of("alpha-two", "2");
  maskpipe_stream *s = maskpipe_stream_new(first, append, &out);
  CHECK(maskpipe_stream_write(s, "alphabet alpha", 14) == 0);
  CHECK(is(&out, "1 "));
  CHECK(maskpipe_stream_set_masker(s, second) == 0);
  maskpipe_masker_free(first);
  maskpipe_masker_free(second);
  CHECK(maskpipe_stream_write(s, "-two alphabet", 13) == 0);
  CHECK(maskpipe_stream_finish(s) == 0);
  CHECK(is(&out, "1 2 alphabet"));
  maskpipe_stream_free(s);
}

static void a_failing_sink_kills_the_stream(void) {
  struct text out = {{0}, 0, 1};
  maskpipe_masker *m = masker_of("hunter2", "*");
  maskpipe_stream *s = maskpipe_stream_new(m, append, &out);
  CHECK(maskpipe_stream_write(s, "text", 4) == MASKPIPE_E_SINK);
  out.fails = 0;
  CHECK(maskpipe_stream_write(s, "text", 4) == MASKPIPE_E_SINK);
  CHECK(maskpipe_stream_set_masker(s, m) == MASKPIPE_E_SINK);
  CHECK(maskpipe_stream_finish(s) == MASKPIPE_E_SINK);
  CHECK(out.size == 0);
  maskpipe_stream_free(s);
  maskpipe_masker_free(m);
}

static maskpipe_stream *own_stream;
static int reenter(void *ctx, const char *bytes, size_t n) {
  (void)bytes;
  (void)n;
  *(int *)ctx = maskpipe_stream_write(own_stream, "x", 1);
  return 0;
}

static void a_sink_cannot_write_into_its_own_stream(void) {
  int code = 0;
  maskpipe_masker *m = masker_of("hunter2", "*");
  own_stream = maskpipe_stream_new(m, reenter, &code);
  CHECK(maskpipe_stream_write(own_stream, "text", 4) == 0);
  CHECK(code == MASKPIPE_E_STATE);
  maskpipe_stream_free(own_stream);
  maskpipe_masker_free(m);
}

static void errors_have_texts_that_hold_no_value(void) {
  char *error = (char *)"not NULL";
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_options *options = maskpipe_options_new();
  CHECK(maskpipe_options_set(options, "nosuch", "MARKER", &error) ==
        MASKPIPE_E_USAGE);
  CHECK(error != NULL && strstr(error, "nosuch") != NULL);
  CHECK(error != NULL && strstr(error, "MARKER") == NULL);
  maskpipe_free(error);
  CHECK(maskpipe_options_set(options, "min-length", "MARKER", &error) ==
        MASKPIPE_E_USAGE);
  CHECK(error != NULL && strstr(error, "MARKER") == NULL);
  maskpipe_free(error);
  CHECK(maskpipe_options_set(options, "log-file", "x", NULL) ==
        MASKPIPE_E_USAGE);
  CHECK(maskpipe_secrets_load(secrets, "file:/nowhere/at/all", NULL, &error) ==
        MASKPIPE_E_SOURCE);
  CHECK(error != NULL && strstr(error, "/nowhere/at/all") != NULL);
  maskpipe_free(error);
  CHECK(maskpipe_secrets_load(secrets, "nosuch:x", NULL, &error) ==
        MASKPIPE_E_USAGE);
  maskpipe_free(error);
  CHECK(maskpipe_secrets_load(NULL, "env:X", NULL, NULL) == MASKPIPE_E_USAGE);
  CHECK(maskpipe_secrets_add(secrets, "db", "MARKER[]", 8, &error) == 0);
  CHECK(error == NULL);
  CHECK(maskpipe_options_set(options, "mask", "MARKER[]", NULL) == 0);
  CHECK(maskpipe_masker_new(secrets, options, &error) == NULL);
  CHECK(error != NULL && strstr(error, "db") != NULL);
  CHECK(error != NULL && strstr(error, "MARKER") == NULL);
  maskpipe_free(error);
  maskpipe_options_free(options);
  maskpipe_secrets_free(secrets);
}

static void sources_are_loaded(void) {
  char *out = NULL;
  size_t size = 0;
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_masker *m;
  setenv("C_ABI_TEST_URL", "pg://u:pass-word-1@host/db", 1);
  CHECK(maskpipe_secrets_load(secrets, "env:C_ABI_TEST_*", NULL, NULL) == 0);
  m = maskpipe_masker_new(secrets, NULL, NULL);
  maskpipe_secrets_free(secrets);
  CHECK(maskpipe_mask(m, "p pass-word-1", 13, &out, &size) == 1);
  CHECK(size == 5 && memcmp(out, "p ***", 5) == 0);
  maskpipe_free(out);
  maskpipe_masker_free(m);
}

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (f != NULL) fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A long-lived process loads every few minutes: old values stay masked, and
 * what has not changed costs nothing. */
static void a_set_is_loaded_again_and_again(void) {
  const char *record = "first-value-1 second-value-2 merged-value-3";
  static char large[64 << 10];
  char *out = NULL;
  size_t size = 0;
  int i;
  long before, grown;
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_secrets *other = maskpipe_secrets_new();
  maskpipe_masker *m;
  setenv("C_ABI_AGAIN", "first-value-1", 1);
  CHECK(maskpipe_secrets_load(secrets, "env:C_ABI_AGAIN", NULL, NULL) == 0);
  setenv("C_ABI_AGAIN", "second-value-2", 1);
  CHECK(maskpipe_secrets_load(secrets, "env:C_ABI_AGAIN", NULL, NULL) == 0);
  CHECK(maskpipe_secrets_add(other, "m", "merged-value-3", 14, NULL) == 0);
  CHECK(maskpipe_secrets_merge(secrets, other, NULL) == 0);
  CHECK(maskpipe_secrets_merge(secrets, secrets, NULL) == 0);
  CHECK(maskpipe_secrets_merge(secrets, NULL, NULL) == MASKPIPE_E_USAGE);
  maskpipe_secrets_free(other);
  m = maskpipe_masker_new(secrets, NULL, NULL);
  CHECK(maskpipe_mask(m, record, strlen(record), &out, &size) == 1);
  CHECK(size == 11 && memcmp(out, "*** *** ***", 11) == 0);
  maskpipe_free(out);
  maskpipe_masker_free(m);

  memset(large, 'x', sizeof large - 1);
  setenv("C_ABI_AGAIN", large, 1);
  CHECK(maskpipe_secrets_load(secrets, "env:C_ABI_AGAIN", NULL, NULL) == 0);
  before = resident_kib();
  for (i = 0; i < 1000; ++i) {
    CHECK(maskpipe_secrets_load(secrets, "env:C_ABI_AGAIN", NULL, NULL) == 0);
    CHECK(maskpipe_secrets_add(secrets, "m", large, sizeof large - 1, NULL) ==
          0);
  }
  grown = resident_kib() - before;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(grown < 8 << 10);
#else
  (void)grown; /* a sanitizer keeps what was freed */
#endif
  maskpipe_secrets_free(secrets);
  unsetenv("C_ABI_AGAIN");
}

static void an_empty_set_copies_through(void) {
  struct text out = {{0}, 0, 0};
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_masker *m = maskpipe_masker_new(secrets, NULL, NULL);
  maskpipe_stream *s = maskpipe_stream_new(m, append, &out);
  CHECK(maskpipe_stream_write(s, "any text", 8) == 0);
  CHECK(maskpipe_stream_finish(s) == 0);
  CHECK(is(&out, "any text"));
  maskpipe_stream_free(s);
  maskpipe_masker_free(m);
  maskpipe_secrets_free(secrets);
}

static void null_is_refused_and_freed(void) {
  CHECK(maskpipe_secrets_add(NULL, "n", "v", 1, NULL) == MASKPIPE_E_USAGE);
  CHECK(maskpipe_stream_new(NULL, append, NULL) == NULL);
  CHECK(maskpipe_stream_write(NULL, "x", 1) == MASKPIPE_E_USAGE);
  CHECK(maskpipe_stream_finish(NULL) == MASKPIPE_E_USAGE);
  CHECK(maskpipe_masker_new(NULL, NULL, NULL) == NULL);
  maskpipe_secrets_free(NULL);
  maskpipe_options_free(NULL);
  maskpipe_masker_free(NULL);
  maskpipe_stream_free(NULL);
  maskpipe_free(NULL);
}

/* The tables are wiped in the child; it must not take that for "no secrets". */
static void a_forked_child_prints_nothing(void) {
  struct text out = {{0}, 0, 0};
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_masker *m = masker_of("hunter2", "*");
  maskpipe_stream *s = maskpipe_stream_new(m, append, &out);
  int status = 0;
  pid_t child;
  CHECK(maskpipe_secrets_add(secrets, "n", "value1", 6, NULL) == 0);
  child = fork();
  if (child == 0) {
    char *record = NULL;
    size_t size = 0;
    CHECK(maskpipe_mask(m, "hunter2", 7, &record, &size) == MASKPIPE_E_STATE);
    CHECK(maskpipe_stream_write(s, "hunter2", 7) == MASKPIPE_E_STATE);
    CHECK(maskpipe_masker_new(secrets, NULL, NULL) == NULL);
    CHECK(maskpipe_secrets_add(secrets, "n", "v-2", 3, NULL) ==
          MASKPIPE_E_STATE);
    CHECK(maskpipe_secrets_load(secrets, "env:HOME", NULL, NULL) ==
          MASKPIPE_E_STATE);
    CHECK(maskpipe_secrets_merge(secrets, secrets, NULL) == MASKPIPE_E_STATE);
    CHECK(out.size == 0);
    maskpipe_masker_free(m);
    m = masker_of("hunter2", "*"); /* one of its own works */
    CHECK(maskpipe_mask(m, "hunter2", 7, &record, &size) == 1);
    _exit(failures == 0 ? 0 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  maskpipe_stream_free(s);
  maskpipe_masker_free(m);
  maskpipe_secrets_free(secrets);
}

int main(void) {
  a_record_is_masked();
  a_stream_is_masked_however_it_is_cut();
  a_masker_is_swapped_and_outlives_its_owner();
  a_failing_sink_kills_the_stream();
  a_sink_cannot_write_into_its_own_stream();
  errors_have_texts_that_hold_no_value();
  sources_are_loaded();
  a_set_is_loaded_again_and_again();
  an_empty_set_copies_through();
  null_is_refused_and_freed();
  a_forked_child_prints_nothing();
  CHECK(maskpipe_abi_version() == MASKPIPE_ABI_VERSION);
  printf("maskpipe %s: %d failures\n", maskpipe_version(), failures);
  return failures == 0 ? 0 : 1;
}
