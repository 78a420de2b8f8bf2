// A C face on simdjson's DOM parser: one call parses a document; the caller reads simdjson's tape.
// The tape's format is documented in simdjson's doc/tape.md.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct callboard_json_document callboard_json_document;

/// Parses length bytes of UTF-8 JSON with at most max_depth nested containers. Returns NULL on failure and then sets
/// *error to a static message. The result is freed with callboard_json_free.
callboard_json_document *callboard_json_parse(const uint8_t *bytes, size_t length, size_t max_depth, const char **error);

/// simdjson's tape: the type in the top byte of each word, the payload in the low 56 bits.
const uint64_t *callboard_json_tape(const callboard_json_document *document);

/// The buffer that string words point into: a 32-bit length in host order, then that many bytes.
const uint8_t *callboard_json_strings(const callboard_json_document *document);

void callboard_json_free(callboard_json_document *document);

#ifdef __cplusplus
}
#endif
