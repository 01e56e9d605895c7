/* What a stranger writes first: masks a record with the installed library. */

#include <maskpipe/maskpipe.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  const char *record = "password=hunter2";
  maskpipe_secrets *secrets = maskpipe_secrets_new();
  maskpipe_masker *masker;
  char *out = NULL;
  size_t size = 0;
  int changed;
  maskpipe_secrets_add(secrets, "db", "hunter2", 7, NULL);
  masker = maskpipe_masker_new(secrets, NULL, NULL);
  maskpipe_secrets_free(secrets);
  changed = maskpipe_mask(masker, record, strlen(record), &out, &size);
  if (changed == 1) printf("%.*s\n", (int)size, out);
  maskpipe_free(out);
  maskpipe_masker_free(masker);
  return changed == 1 ? 0 : 1;
}
