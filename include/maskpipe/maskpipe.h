/* maskpipe: removes secret values from text that streams past.
 *
 *   char *error = NULL;
 *   maskpipe_secrets *secrets = maskpipe_secrets_new();
 *   maskpipe_secrets_add(secrets, "db/password", value, value_len, &error);
 *   maskpipe_masker *masker = maskpipe_masker_new(secrets, NULL, &error);
 *   maskpipe_secrets_free(secrets);            // its values are wiped
 *
 *   char *out; size_t out_len;                 // one whole record:
 *   if (maskpipe_mask(masker, in, in_len, &out, &out_len) == 1) ...
 *
 *   maskpipe_stream *stream = maskpipe_stream_new(masker, sink, ctx);
 *   maskpipe_stream_write(stream, bytes, n);   // or a stream, in any chunks
 *   maskpipe_stream_finish(stream);
 *
 * Errors. A function that returns int gives 0 (maskpipe_mask: 0 or 1), or a
 * negative MASKPIPE_E_ value. One that returns a pointer gives NULL. Where
 * there is `char **error` it may be NULL; else *error is set to NULL, or on
 * failure to a text for maskpipe_free() (or NULL where there was no memory for
 * it). No text holds a value. No exception
 * crosses this interface. Whoever gets an error must not print what it wanted
 * masked.
 *
 * Threads. A masker is immutable: any number of threads may use one at a time,
 * for records and for streams of their own. Every other object belongs to one
 * thread at a time. Objects may be passed between threads.
 *
 * Stack. Masking, of a record or of a stream, needs less than 64 KiB of it, so
 * that a coroutine will do; loading sources and making maskers need more.
 *
 * fork(2). A child finds the secrets wiped: maskers and streams that existed
 * before fork() return MASKPIPE_E_STATE in it and print nothing. A child makes
 * a masker of its own.
 *
 * Pointers to text need not end in NUL where a length is given. NULL with
 * length 0 is an empty text. NULL for an object is MASKPIPE_E_USAGE, or nothing
 * in a _free function.
 *
 * The interface is stable within one maskpipe_abi_version(); names that start
 * with maskpipe_ or MASKPIPE_ are ours.
 */
#ifndef MASKPIPE_MASKPIPE_H_
#define MASKPIPE_MASKPIPE_H_

#include <stddef.h>

#if defined(__GNUC__)
#define MASKPIPE_API __attribute__((visibility("default")))
#else
#define MASKPIPE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define MASKPIPE_ABI_VERSION 0

enum {
  MASKPIPE_E_USAGE = -1,  /* an option, a SPEC or an argument is no good */
  MASKPIPE_E_SOURCE = -2, /* a source could not be read */
  MASKPIPE_E_SINK = -3,   /* the sink failed; the stream is dead */
  MASKPIPE_E_STATE = -4,  /* used after its end, or in a forked child */
  MASKPIPE_E_MEMORY = -5  /* no memory left */
};

typedef struct maskpipe_secrets maskpipe_secrets;
typedef struct maskpipe_options maskpipe_options;
typedef struct maskpipe_masker maskpipe_masker;
typedef struct maskpipe_stream maskpipe_stream;

/* --- Secrets: a set that grows until a masker is made of it. ------------- */

MASKPIPE_API maskpipe_secrets *maskpipe_secrets_new(void);
MASKPIPE_API void maskpipe_secrets_free(maskpipe_secrets *secrets);

/* Adds a value under a name. Both are copied. The value is trimmed and each
 * line of it is masked too, but it is not opened: a JSON document is one value
 * here. `name` ends in NUL; it may be printed.
 *
 * What a masker then does with it depends on its options: a value below
 * "min-length" is masked only where no letter or digit stands beside it, and one
 * or two characters, one symbol over and over ("-----") and what the allow list
 * names (built in: "airflow", "true", "localhost" and the like) are not masked,
 * since they would blank the log. "short-secrets" set to "anywhere" changes
 * that. */
MASKPIPE_API int maskpipe_secrets_add(maskpipe_secrets *secrets,
                                      const char *name, const char *value,
                                      size_t value_len, char **error);

/* Loads a source as the command line's --source does, e.g.
 * "file:/run/secrets.json"; NULL means "airflow:" where an Airflow environment
 * is found, as it does for the program, and is a usage error elsewhere. Of the
 * options, source-timeout, require-secrets, policy and airflow-commands matter
 * here. A source that fails adds nothing. What is there already is not
 * added again: a set that is loaded again has the old values and the new. */
MASKPIPE_API int maskpipe_secrets_load(maskpipe_secrets *secrets,
                                       const char *source_spec,
                                       const maskpipe_options *or_null,
                                       char **error);

/* Adds all that another set holds and this one does not: a set that was loaded
 * in the background joins the one in use. `other` stays as it is. */
MASKPIPE_API int maskpipe_secrets_merge(maskpipe_secrets *secrets,
                                        const maskpipe_secrets *other,
                                        char **error);

/* --- Options: by the command line's names, without the dashes. ----------- */

MASKPIPE_API maskpipe_options *maskpipe_options_new(void);
MASKPIPE_API void maskpipe_options_free(maskpipe_options *options);

/* Sets "mask", "min-length", "short-secrets", "forms", "truncated", "hold",
 * "mask-all", "allow", "hash-key-file", "source-timeout" or "require-secrets"; a
 * flag takes "true" or "false". "allow" adds a file each time, others replace. */
MASKPIPE_API int maskpipe_options_set(maskpipe_options *options,
                                      const char *name, const char *value,
                                      char **error);

/* --- Masker: the compiled set, immutable, shared by threads. ------------- */

/* Copies what it needs: secrets and options may be freed or changed after it.
 * An empty set is allowed and copies everything through. Free drops this
 * reference; streams keep their own. */
MASKPIPE_API maskpipe_masker *maskpipe_masker_new(
    const maskpipe_secrets *secrets, const maskpipe_options *or_null,
    char **error);
MASKPIPE_API void maskpipe_masker_free(maskpipe_masker *masker);

/* Masks one whole record. Returns 1 and sets *out, for maskpipe_free(), where
 * something was masked; 0 and sets *out to NULL where nothing was, so that the
 * caller keeps its record; negative on error. *out is not ended by a NUL. */
MASKPIPE_API int maskpipe_mask(const maskpipe_masker *masker, const char *in,
                               size_t in_len, char **out, size_t *out_len);

/* --- Stream: any chunking gives the same output. ------------------------- */

/* `sink` takes n > 0 bytes, valid during the call only, and returns 0, or
 * anything else to say that it failed. It is called from within write and
 * finish only; a call into the same stream from there is MASKPIPE_E_STATE. */
MASKPIPE_API maskpipe_stream *maskpipe_stream_new(
    const maskpipe_masker *masker,
    int (*sink)(void *ctx, const char *bytes, size_t n), void *ctx);

/* Frees the stream; what it still holds back is wiped and not written. */
MASKPIPE_API void maskpipe_stream_free(maskpipe_stream *stream);

/* Writes on all bytes but those that may still belong to an occurrence. After
 * an error nothing more is written and every call returns that error. */
MASKPIPE_API int maskpipe_stream_write(maskpipe_stream *stream,
                                       const char *bytes, size_t n);

/* From the next byte on another masker decides, and over the bytes held back
 * too. What was written stays. */
MASKPIPE_API int maskpipe_stream_set_masker(maskpipe_stream *stream,
                                            const maskpipe_masker *masker);

/* The end of the stream: writes what was held back. Every later call but free
 * returns MASKPIPE_E_STATE. */
MASKPIPE_API int maskpipe_stream_finish(maskpipe_stream *stream);

/* --- Texts. --------------------------------------------------------------- */

/* Frees an error or a masked record; NULL is allowed. */
MASKPIPE_API void maskpipe_free(void *p);

/* "MAJOR.MINOR.PATCH" of the library in use; never freed. */
MASKPIPE_API const char *maskpipe_version(void);

/* MASKPIPE_ABI_VERSION of the library in use. */
MASKPIPE_API int maskpipe_abi_version(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MASKPIPE_MASKPIPE_H_ */
