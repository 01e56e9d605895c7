/* The tests' own host: where a plugin's messages go. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum { FLB_LOG_ERROR = 1, FLB_LOG_WARN = 2, FLB_LOG_INFO = 3 };

void flb_log_print(int level, const char *file, int line, const char *format,
                   ...);

#ifdef __cplusplus
}
#endif
