/* What a filter of Fluent Bit's needs of its host, declared anew after the
 * documented interface (3.2 and newer): as much as ours uses, and no more. For
 * the tests' own host; the real plugin is built with the real headers.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flb_config;
struct flb_config_map;
struct flb_filter_instance;
struct flb_input_instance;

enum { FLB_FILTER_MODIFIED = 1, FLB_FILTER_NOTOUCH = 2 };

typedef int flb_filter_begin(struct flb_filter_instance *, struct flb_config *,
                             void *data);
typedef int flb_filter_records(const void *data, size_t bytes, const char *tag,
                               int tag_len, void **out, size_t *out_size,
                               struct flb_filter_instance *,
                               struct flb_input_instance *, void *context,
                               struct flb_config *);

struct flb_filter_plugin {
  int event_type;
  int flags;
  char *name;
  char *description;
  struct flb_config_map *config_map;
  flb_filter_begin *cb_pre_run;
  flb_filter_begin *cb_init;
  flb_filter_records *cb_filter;
  int (*cb_exit)(void *context, struct flb_config *);
  flb_filter_begin *cb_notification;
  struct {
    void *before, *after;
  } list; /* the host's */
};

const char *flb_filter_get_property(const char *key,
                                    struct flb_filter_instance *);
void flb_filter_set_context(struct flb_filter_instance *, void *context);

#ifdef __cplusplus
}
#endif
