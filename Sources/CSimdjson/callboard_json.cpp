#include "callboard_json.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct callboard_json_document {
    simdjson::dom::parser parser;
};

callboard_json_document *callboard_json_parse(const uint8_t *bytes, size_t length, size_t max_depth, const char **error) {
    std::unique_ptr<callboard_json_document> document(new (std::nothrow) callboard_json_document());
    if (!document) {
        *error = "out of memory";
        return nullptr;
    }
    simdjson::error_code code = document->parser.allocate(length, max_depth);
    if (code == simdjson::SUCCESS) {
        code = document->parser.parse(bytes, length, true).error();
    }
    if (code != simdjson::SUCCESS) {
        *error = simdjson::error_message(code);
        return nullptr;
    }
    return document.release();
}

const uint64_t *callboard_json_tape(const callboard_json_document *document) { return document->parser.doc.tape.get(); }

const uint8_t *callboard_json_strings(const callboard_json_document *document) {
    return document->parser.doc.string_buf.get();
}

void callboard_json_free(callboard_json_document *document) { delete document; }
