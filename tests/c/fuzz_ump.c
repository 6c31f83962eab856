/*
 * Any words as Universal MIDI Packets, and any bytes as MIDI 1.0. What is made must be whole messages of the
 * protocol that was asked for, and what the specification calls lossless must come back the same.
 */
#include "midi/ump.h"
#include "midi/ump_layout.h"
#include "midi/ump_message.h"
#include "midi/ump_stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_whole(const uint32_t *words, uint32_t count, uint32_t unwanted)
{
    must(count <= CM_UMP_TRANSLATED_MAX);
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count)))
        must(*message >> 28 != unwanted);
    must(at == words + count);
}

static void ignore(void *context, const uint32_t *message)
{
    (void)context;
    must(message[0] >> 28 == CM_UMP_TYPE_STREAM);
}

static void answer(const uint32_t *message)
{
    static const cm_ump_block block = { "b", 1, 3, 0, 0, 0, 1, 0, 0 };
    cm_ump_endpoint endpoint = {
        .name = "n", .protocols = 3, .protocol = 1, .block_count = 1, .blocks = &block
    };
    cm_ump_answer(&endpoint, message, ignore, NULL);
    must(endpoint.protocol == 1 || endpoint.protocol == 2);
}

/* Building what was read gives the same message, but for reserved bits. */
static void rebuild(const uint32_t *message)
{
    uint32_t again[CM_UMP_MAX_WORDS];
    uint8_t bytes[16];
    const cm_ump_layout *layout = cm_ump_layout_of(message);
    if (!layout)
        return;
    must(cm_ump_start(layout, again) == cm_ump_size(message[0]));
    for (const cm_ump_field *field = layout->fields; field->name; field++) {
        cm_ump_set(again, field, cm_ump_get(message, field));
        must(cm_ump_get(again, field) == cm_ump_get(message, field));
    }
    if (layout->bytes_max)
        must(cm_ump_get_bytes(layout, message, bytes) <= layout->bytes_max);
    must(cm_ump_layout_of(again) == layout);
}

static void translate(cm_ump_translator *translator, const uint32_t *message)
{
    uint32_t *out = malloc(CM_UMP_TRANSLATED_MAX * sizeof *out), back[CM_UMP_TRANSLATED_MAX];
    uint8_t *bytes = malloc(CM_UMP_BYTES_MAX);
    uint32_t words = cm_ump_to_midi2(translator, message, out);
    check_whole(out, words, CM_UMP_TYPE_VOICE1);
    const uint32_t *at = out, *next;
    while ((next = cm_ump_next(&at, out + words)))
        check_whole(back, cm_ump_to_midi1(translator, next, back), CM_UMP_TYPE_VOICE2);
    check_whole(out, cm_ump_to_midi1(translator, message, out), CM_UMP_TYPE_VOICE2);
    uint32_t count = cm_ump_to_bytes(translator, message, bytes);
    must(count <= CM_UMP_BYTES_MAX);
    free(out);
    free(bytes);
}

static void read_bytes(const uint8_t *data, size_t size)
{
    cm_ump_reader reader;
    cm_ump_translator translator = { 0 };
    uint32_t out[CM_UMP_TRANSLATED_MAX];
    uint8_t bytes[CM_UMP_BYTES_MAX];
    cm_ump_reader_init(&reader, 3);
    for (size_t i = 0; i < size; i++) {
        uint32_t words = cm_ump_reader_put(&reader, data[i], out);
        check_whole(out, words, CM_UMP_TYPE_VOICE2);
        const uint32_t *at = out, *message;
        while ((message = cm_ump_next(&at, out + words)))
            must(cm_ump_to_bytes(&translator, message, bytes) > 0);
    }
    check_whole(out, cm_ump_reader_flush(&reader, out), CM_UMP_TYPE_VOICE2);
    must(translator.untranslated == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t words[256], count = (uint32_t)(size / 4 < 256 ? size / 4 : 256), out[CM_UMP_TRANSLATED_MAX],
                         flushed;
    memcpy(words, data, count * sizeof *words);
    cm_ump_translator translator = { 0 };
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count))) {
        translate(&translator, message);
        rebuild(message);
        answer(message);
    }
    for (uint32_t i = 0; (flushed = cm_ump_flush(&translator, out)); i++) {
        check_whole(out, flushed, CM_UMP_TYPE_VOICE1);
        must(i < CM_UMP_GROUPS * CM_UMP_CHANNELS);
    }
    read_bytes(data, size);
    return 0;
}
