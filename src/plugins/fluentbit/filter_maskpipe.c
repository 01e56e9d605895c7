/* A filter of Fluent Bit's that masks secrets, over libmaskpipe's C ABI.
 *
 *   [FILTER]
 *       Name     maskpipe
 *       Match    *
 *       sources  dir:/run/secrets file:/etc/maskpipe/secrets.json
 *
 * Masked are all strings, map keys, byte strings, integers and the bytes of
 * extension types of a record, at any depth, its metadata too; `keys` limits
 * that to the values below those keys of the record. Everything else (times,
 * floats, the marks that begin and end a group) passes as it is, byte for byte.
 *
 * Fails closed: where the secrets do not load, Fluent Bit does not start; a
 * record that cannot be masked is replaced by a note that says so; what is no
 * msgpack is dropped and counted in the log.
 *
 * Allocations per record: two of msgpack's unpacker (one block of 8 KiB, more
 * only for records that do not fit) and two for each string that is masked. Per
 * chunk: the output, which doubles as it grows, and none where nothing is
 * masked.
 *
 * Fluent Bit copies the struct at the end of this file by its own size and
 * checks nothing. A plugin of another layout would have its callbacks called in
 * the wrong places. So what is used of the host is few functions and no struct
 * but that one; when the library is loaded, a constructor compares its size
 * with the host's own, and the host's version with the one built for. Where
 * they differ, every callback says so and fails.
 */

#include <dlfcn.h>
#include <elf.h>
#include <fluent-bit/flb_filter.h>
#include <fluent-bit/flb_log.h>
#include <fluent-bit/flb_version.h>
#include <link.h>
#include <maskpipe/maskpipe.h>
#include <msgpack.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
/* "5.1." of version 5.1.1 */
#define SERIES NUMBER(FLB_VERSION_MAJOR) "." NUMBER(FLB_VERSION_MINOR) "."

enum { kRefresh = 300, kKeep = 24 * 3600 }; /* seconds */

/* Straight to the log: the macros look into the host's structs. */
#define SAY(level, ...) \
  flb_log_print(FLB_LOG_##level, NULL, 0, "[filter:maskpipe] " __VA_ARGS__)

/* A masker that the filter uses while the thread makes the next one. */
struct set {
  maskpipe_masker *masker;
  int users; /* under the lock */
};

struct filter {
  char **specs;
  char **keys; /* NULL: the whole record */
  maskpipe_options *options;
  int refresh;

  pthread_mutex_t lock;
  struct set *set;

  /* The thread's own. What is in `young` was seen since young_since, what is in
   * `old` since some time before: old values stay masked for a day at least. */
  maskpipe_secrets *young;
  maskpipe_secrets *old;
  time_t young_since;
  pthread_t thread;
  pthread_cond_t stop;
  int stopping;
  int has_thread;
};

/* --- Loading ---------------------------------------------------------------
 */

static time_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

/* All sources, or NULL and a text in *error for maskpipe_free(). */
static maskpipe_secrets *load(const struct filter *f, char **error) {
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  char **spec;
  for (spec = f->specs; secrets != NULL && *spec != NULL; ++spec) {
    if (maskpipe_secrets_load(secrets, *spec, f->options, error) != 0) {
      maskpipe_secrets_free(secrets);
      return NULL;
    }
  }
  return secrets;
}

static void release(struct filter *f, struct set *set) {
  int last;
  if (set == NULL) return;
  pthread_mutex_lock(&f->lock);
  last = --set->users == 0;
  pthread_mutex_unlock(&f->lock);
  if (!last) return;
  maskpipe_masker_free(set->masker);
  free(set);
}

static struct set *acquire(struct filter *f) {
  struct set *set;
  pthread_mutex_lock(&f->lock);
  set = f->set;
  if (set != NULL) ++set->users;
  pthread_mutex_unlock(&f->lock);
  return set;
}

/* Puts what was loaded in force. 0, or -1 and a text in *error. */
static int take(struct filter *f, const maskpipe_secrets *loaded,
                char **error) {
  struct set *set, *before;
  if (f->old == NULL || now() - f->young_since >= kKeep) {
    maskpipe_secrets *fresh = maskpipe_secrets_new();
    if (fresh == NULL) return -1;
    if (f->old != NULL) maskpipe_secrets_free(f->old);
    f->old = f->young != NULL ? f->young : maskpipe_secrets_new();
    f->young = fresh;
    f->young_since = now();
  }
  if (maskpipe_secrets_merge(f->old, loaded, error) != 0 ||
      maskpipe_secrets_merge(f->young, loaded, error) != 0) {
    return -1;
  }
  set = malloc(sizeof *set);
  if (set == NULL) return -1;
  set->users = 1;
  set->masker = maskpipe_masker_new(f->old, f->options, error);
  if (set->masker == NULL) {
    free(set);
    return -1;
  }
  pthread_mutex_lock(&f->lock);
  before = f->set;
  f->set = set;
  pthread_mutex_unlock(&f->lock);
  release(f, before);
  return 0;
}

static int load_and_take(struct filter *f, char **error) {
  maskpipe_secrets *loaded = load(f, error);
  const int result = loaded == NULL ? -1 : take(f, loaded, error);
  maskpipe_secrets_free(loaded);
  return result;
}

static void *refresh(void *context) {
  struct filter *f = context;
  int told = 0;
  for (;;) {
    char *error = NULL;
    struct timespec until;
    int stopping;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += f->refresh;
    pthread_mutex_lock(&f->lock);
    while (!f->stopping &&
           pthread_cond_timedwait(&f->stop, &f->lock, &until) == 0) {
    }
    stopping = f->stopping;
    pthread_mutex_unlock(&f->lock);
    if (stopping) return NULL;
    if (load_and_take(f, &error) == 0) {
      told = 0;
    } else if (!told) {
      told = 1;
      SAY(WARN, "%s; the secrets loaded before stay masked",
          error != NULL ? error : "out of memory");
    }
    maskpipe_free(error);
  }
}

/* --- Masking ---------------------------------------------------------------
 */

struct output {
  msgpack_sbuffer buffer;
  msgpack_packer packer;
  const maskpipe_masker *masker;
  int changed; /* something of this record was masked */
  int failed;  /* a MASKPIPE_E_ value, or 0 */
};

/* Writes `text` masked, as an object of the type of `like`. Returns 0 where
 * nothing was masked nor written. */
static int masked(struct output *out, const char *text, size_t size,
                  const msgpack_object *like) {
  msgpack_packer *to = &out->packer;
  char *text_masked = NULL;
  size_t n = 0;
  const int result = maskpipe_mask(out->masker, text, size, &text_masked, &n);
  if (result < 0) out->failed = result;
  if (result != 1) return 0;
  out->changed = 1;
  if (like->type == MSGPACK_OBJECT_BIN) {
    msgpack_pack_bin(to, n);
    msgpack_pack_bin_body(to, text_masked, n);
  } else if (like->type == MSGPACK_OBJECT_EXT) {
    msgpack_pack_ext(to, n, like->via.ext.type);
    msgpack_pack_ext_body(to, text_masked, n);
  } else { /* a number too: three asterisks are none */
    msgpack_pack_str(to, n);
    msgpack_pack_str_body(to, text_masked, n);
  }
  maskpipe_free(text_masked);
  return 1;
}

static void put(struct output *out, const msgpack_object *o) {
  char number[24];
  uint32_t i;
  switch (o->type) {
    case MSGPACK_OBJECT_STR:
      if (masked(out, o->via.str.ptr, o->via.str.size, o)) return;
      break;
    case MSGPACK_OBJECT_BIN:
      if (masked(out, o->via.bin.ptr, o->via.bin.size, o)) return;
      break;
    case MSGPACK_OBJECT_EXT:
      if (masked(out, o->via.ext.ptr, o->via.ext.size, o)) return;
      break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      snprintf(number, sizeof number, "%llu", (unsigned long long)o->via.u64);
      if (masked(out, number, strlen(number), o)) return;
      break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      snprintf(number, sizeof number, "%lld", (long long)o->via.i64);
      if (masked(out, number, strlen(number), o)) return;
      break;
    case MSGPACK_OBJECT_ARRAY:
      msgpack_pack_array(&out->packer, o->via.array.size);
      for (i = 0; i < o->via.array.size; ++i) put(out, &o->via.array.ptr[i]);
      return;
    case MSGPACK_OBJECT_MAP:
      msgpack_pack_map(&out->packer, o->via.map.size);
      for (i = 0; i < o->via.map.size; ++i) {
        put(out, &o->via.map.ptr[i].key);
        put(out, &o->via.map.ptr[i].val);
      }
      return;
    default:
      break;
  }
  msgpack_pack_object(&out->packer, *o);
}

/* A number, or eight bytes of the extension type 0: also where its digits are a
 * secret's. Whatever else stands in a time's place is text like any other. */
static int is_time(const msgpack_object *o) {
  switch (o->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
      return 1;
    case MSGPACK_OBJECT_EXT:
      return o->via.ext.type == 0 && o->via.ext.size == 8;
    default:
      return 0;
  }
}

static void put_time(struct output *out, const msgpack_object *time) {
  if (is_time(time)) {
    msgpack_pack_object(&out->packer, *time);
  } else {
    put(out, time);
  }
}

static int is_chosen(const struct filter *f, const msgpack_object *key) {
  char **chosen;
  if (key->type != MSGPACK_OBJECT_STR) return 0;
  for (chosen = f->keys; *chosen != NULL; ++chosen) {
    if (strlen(*chosen) == key->via.str.size &&
        memcmp(*chosen, key->via.str.ptr, key->via.str.size) == 0) {
      return 1;
    }
  }
  return 0;
}

static void put_body(struct output *out, const struct filter *f,
                     const msgpack_object *body) {
  uint32_t i;
  if (f->keys == NULL || body->type != MSGPACK_OBJECT_MAP) {
    put(out, body);
    return;
  }
  msgpack_pack_map(&out->packer, body->via.map.size);
  for (i = 0; i < body->via.map.size; ++i) {
    const msgpack_object_kv *kv = &body->via.map.ptr[i];
    msgpack_pack_object(&out->packer, kv->key);
    if (is_chosen(f, &kv->key)) {
      put(out, &kv->val);
    } else {
      msgpack_pack_object(&out->packer, kv->val);
    }
  }
}

/* [time, body], or [[time, metadata], body] since version 2.1. */
static void put_record(struct output *out, const struct filter *f,
                       const msgpack_object *record) {
  const msgpack_object *parts = record->via.array.ptr;
  uint32_t i;
  if (record->type != MSGPACK_OBJECT_ARRAY || record->via.array.size != 2) {
    put(out, record);
    return;
  }
  msgpack_pack_array(&out->packer, 2);
  if (parts[0].type == MSGPACK_OBJECT_ARRAY && parts[0].via.array.size > 0) {
    msgpack_pack_array(&out->packer, parts[0].via.array.size);
    put_time(out, &parts[0].via.array.ptr[0]);
    for (i = 1; i < parts[0].via.array.size; ++i) {
      if (f->keys == NULL) {
        put(out, &parts[0].via.array.ptr[i]);
      } else {
        msgpack_pack_object(&out->packer, parts[0].via.array.ptr[i]);
      }
    }
  } else {
    put_time(out, &parts[0]);
  }
  put_body(out, f, &parts[1]);
}

/* The record's time with a note in place of all that it held. */
static void put_note(struct output *out, const msgpack_object *record) {
  static const char key[] = "maskpipe";
  static const char note[] = "withheld: the record could not be masked";
  const msgpack_object *time = record->via.array.ptr;
  int in_array;
  if (record->type != MSGPACK_OBJECT_ARRAY || record->via.array.size != 2) {
    return;
  }
  in_array = time->type == MSGPACK_OBJECT_ARRAY && time->via.array.size > 0;
  if (in_array) time = time->via.array.ptr;
  if (!is_time(time)) return;
  msgpack_pack_array(&out->packer, 2);
  if (in_array) msgpack_pack_array(&out->packer, 2);
  msgpack_pack_object(&out->packer, *time);
  if (in_array) msgpack_pack_map(&out->packer, 0);
  msgpack_pack_map(&out->packer, 1);
  msgpack_pack_str(&out->packer, sizeof key - 1);
  msgpack_pack_str_body(&out->packer, key, sizeof key - 1);
  msgpack_pack_str(&out->packer, sizeof note - 1);
  msgpack_pack_str_body(&out->packer, note, sizeof note - 1);
}

static int on_records(const void *data, size_t bytes, const char *tag,
                      int tag_len, void **out_buf, size_t *out_size,
                      struct flb_filter_instance *instance,
                      struct flb_input_instance *input, void *context,
                      struct flb_config *config) {
  struct filter *f = context;
  struct set *set = acquire(f);
  struct output out;
  msgpack_unpacked record;
  size_t at = 0, before = 0;
  int changed = 0, failed = 0;
  msgpack_unpack_return read;
  (void)tag;
  (void)tag_len;
  (void)instance;
  (void)input;
  (void)config;

  msgpack_sbuffer_init(&out.buffer);
  msgpack_packer_init(&out.packer, &out.buffer, msgpack_sbuffer_write);
  out.masker = set->masker;
  msgpack_unpacked_init(&record);
  while ((read = msgpack_unpack_next(&record, data, bytes, &at)) ==
         MSGPACK_UNPACK_SUCCESS) {
    const size_t size = out.buffer.size;
    out.changed = out.failed = 0;
    put_record(&out, f, &record.data);
    if (out.failed != 0) {
      out.buffer.size = size;
      put_note(&out, &record.data);
      failed = out.failed;
      changed = 1;
    } else if (out.changed) {
      changed = 1;
    } else { /* byte for byte, however it was packed */
      out.buffer.size = size;
      msgpack_sbuffer_write(&out.buffer, (const char *)data + before,
                            at - before);
    }
    before = at;
  }
  msgpack_unpacked_destroy(&record);
  release(f, set);

  if (failed != 0) SAY(ERROR, "records are withheld: error %d", failed);
  if (before < bytes) {
    SAY(ERROR, "%zu bytes that are no msgpack are dropped", bytes - before);
    changed = 1;
  }
  if (!changed) {
    msgpack_sbuffer_destroy(&out.buffer);
    return FLB_FILTER_NOTOUCH;
  }
  *out_buf = out.buffer.data; /* the host frees it */
  *out_size = out.buffer.size;
  return FLB_FILTER_MODIFIED;
}

/* --- Beginning and end -----------------------------------------------------
 */

/* The words of a text, ended by NULL; NULL where there is no memory. */
static char **words(const char *text) {
  size_t count = 0;
  char *copy = strdup(text), *rest = copy, *word;
  char **list = malloc((strlen(text) / 2 + 2) * sizeof *list);
  if (copy != NULL && list != NULL) {
    while ((word = strtok_r(rest, " \t\r\n", &rest)) != NULL) {
      list[count++] = strdup(word);
    }
    list[count] = NULL;
  }
  free(copy);
  return list;
}

static void free_words(char **list) {
  char **word;
  for (word = list; list != NULL && *word != NULL; ++word) free(*word);
  free(list);
}

static int end(void *context, struct flb_config *config) {
  struct filter *f = context;
  (void)config;
  if (f == NULL) return 0;
  if (f->has_thread) {
    pthread_mutex_lock(&f->lock);
    f->stopping = 1;
    pthread_cond_signal(&f->stop);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
  }
  release(f, f->set);
  maskpipe_secrets_free(f->young);
  maskpipe_secrets_free(f->old);
  maskpipe_options_free(f->options);
  free_words(f->specs);
  free_words(f->keys);
  pthread_cond_destroy(&f->stop);
  pthread_mutex_destroy(&f->lock);
  free(f);
  return 0;
}

/* The library's options, by their names with _ for -. */
static int set_options(struct filter *f, struct flb_filter_instance *instance,
                       char **error) {
  static const char *const names[] = {
      "mask",      "hash-key-file", "min-length", "short-secrets", "forms",
      "truncated", "mask-all",      "source-timeout", "require-secrets"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; ++i) {
    char property[32];
    const char *value;
    char *c;
    snprintf(property, sizeof property, "%s", names[i]);
    for (c = property; *c != '\0'; ++c) {
      if (*c == '-') *c = '_';
    }
    value = flb_filter_get_property(property, instance);
    if (value != NULL &&
        maskpipe_options_set(f->options, names[i], value, error) != 0) {
      return -1;
    }
  }
  return 0;
}

static int start_thread(struct filter *f) {
  sigset_t all, before;
  int failed;
  if (f->refresh <= 0) return 0;
  sigfillset(&all); /* signals are the host's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  failed = pthread_create(&f->thread, NULL, refresh, f);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  f->has_thread = !failed;
  return failed ? -1 : 0;
}

static int on_init(struct flb_filter_instance *instance,
                   struct flb_config *config, void *data) {
  const char *sources = flb_filter_get_property("sources", instance);
  const char *keys = flb_filter_get_property("keys", instance);
  const char *allow = flb_filter_get_property("allow", instance);
  const char *refresh_text = flb_filter_get_property("refresh", instance);
  struct filter *f = calloc(1, sizeof *f);
  char *error = NULL, *rest = NULL;
  (void)config;
  (void)data;
  if (f == NULL) return -1;
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->stop, NULL);
  f->specs = words(sources != NULL ? sources : "");
  f->keys = keys != NULL ? words(keys) : NULL;
  f->options = maskpipe_options_new();
  f->refresh = kRefresh;
  if (refresh_text != NULL) f->refresh = (int)strtol(refresh_text, &rest, 10);
  if (f->specs == NULL || f->options == NULL ||
      (keys != NULL && f->keys == NULL)) {
    SAY(ERROR, "out of memory");
  } else if (f->specs[0] == NULL) {
    SAY(ERROR,
        "there is no source: set sources, e.g. sources dir:/run/secrets");
  } else if (rest != NULL && (rest == refresh_text || *rest != '\0')) {
    SAY(ERROR, "refresh: expected a number of seconds, or 0 for never");
  } else if (set_options(f, instance, &error) != 0 ||
             (allow != NULL &&
              maskpipe_options_set(f->options, "allow", allow, &error) != 0) ||
             load_and_take(f, &error) != 0) {
    SAY(ERROR, "%s", error != NULL ? error : "out of memory");
  } else if (start_thread(f) != 0) {
    SAY(ERROR, "no thread can be started to refresh the secrets");
  } else {
    flb_filter_set_context(instance, f);
    return 0;
  }
  maskpipe_free(error);
  (void)end(f, NULL);
  return -1;
}

/* --- The guard -------------------------------------------------------------
 */

__attribute__((
    visibility("default"))) struct flb_filter_plugin filter_maskpipe_plugin = {
    .name = "maskpipe",
    .description = "Mask secrets",
    .cb_init = on_init,
    .cb_filter = on_records,
    .cb_exit = end,
};

static char refusal[256];

/* Stands in every slot of a host that does not fit: whichever it takes for
 * cb_init fails its start. */
static int refuse(void) {
  fprintf(stderr, "[filter:maskpipe] %s\n", refusal);
  return -1;
}

static int refuse_init(struct flb_filter_instance *instance,
                       struct flb_config *config, void *data) {
  (void)instance;
  (void)config;
  (void)data;
  return refuse();
}

static int refuse_records(const void *data, size_t bytes, const char *tag,
                          int tag_len, void **out_buf, size_t *out_size,
                          struct flb_filter_instance *instance,
                          struct flb_input_instance *input, void *context,
                          struct flb_config *config) {
  (void)data;
  (void)bytes;
  (void)tag;
  (void)tag_len;
  (void)out_buf;
  (void)out_size;
  (void)instance;
  (void)input;
  (void)context;
  (void)config;
  return refuse();
}

/* The size of the host's own struct, as the symbol of a filter of its own
 * tells; 0 where it exports none. */
static size_t size_in_host(void) {
  /* whichever of them the host was built with */
  static const char *const filters[] = {
      "filter_grep_plugin",   "filter_modify_plugin",
      "filter_nest_plugin",   "filter_parser_plugin",
      "filter_expect_plugin", "filter_multiline_plugin",
      "filter_stdout_plugin", "filter_record_modifier_plugin"};
  size_t i;
  for (i = 0; i < sizeof filters / sizeof *filters; ++i) {
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, filters[i]);
    ElfW(Sym) *entry = NULL;
    if (symbol != NULL &&
        dladdr1(symbol, &info, (void **)&entry, RTLD_DL_SYMENT) != 0 &&
        entry != NULL && info.dli_saddr == symbol) {
      return entry->st_size;
    }
  }
  return 0;
}

/* Whether the object that the host's code is in holds a version of the series
 * as a string: it exports none. */
static int holds_series(struct dl_phdr_info *info, size_t size, void *found) {
  const ElfW(Addr) code = (ElfW(Addr)) & flb_filter_set_context;
  int is_host = 0;
  ElfW(Half) i;
  (void)size;
  for (i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    const ElfW(Addr) begin = info->dlpi_addr + p->p_vaddr;
    if (p->p_type == PT_LOAD && code >= begin && code < begin + p->p_memsz) {
      is_host = 1;
    }
  }
  for (i = 0; is_host && i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    const char *at = (const char *)(info->dlpi_addr + p->p_vaddr);
    const char *end = at + p->p_filesz, *digit;
    if (p->p_type != PT_LOAD || (p->p_flags & PF_R) == 0) continue;
    while (at < end && (at = memmem(at, (size_t)(end - at), SERIES,
                                    sizeof SERIES - 1)) != NULL) {
      digit = at + sizeof SERIES - 1;
      while (digit < end && *digit >= '0' && *digit <= '9') ++digit;
      if (digit < end && *digit == '\0' && digit > at + sizeof SERIES - 1 &&
          (at[-1] < '0' || at[-1] > '9') && at[-1] != '.') {
        *(int *)found = 1;
        return 1;
      }
      ++at;
    }
  }
  return is_host;
}

__attribute__((constructor)) static void compare_with_host(void) {
  const size_t size = size_in_host();
  int series = 0;
  struct flb_filter_plugin *plugin = &filter_maskpipe_plugin;
  dl_iterate_phdr(holds_series, &series);
  if (size == sizeof *plugin && series) return;
  snprintf(refusal, sizeof refusal,
           "built for Fluent Bit %sx, but this is %s; build the plugin with "
           "FLUENT_BIT_SOURCE of this host's version",
           SERIES,
           size != 0 && size != sizeof *plugin
               ? "one whose plugins have another layout"
               : "another version");
  plugin->cb_pre_run = refuse_init;
  plugin->cb_init = refuse_init;
  plugin->cb_filter = refuse_records;
  plugin->cb_exit = NULL;
}
