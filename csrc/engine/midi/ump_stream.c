/* Answers to endpoint discovery, function block discovery and stream configuration requests. */
#include "midi/ump_stream.h"

#include "midi/ump_layout.h"
#include "midi/ump_message.h"

#include <string.h>

/* What is asked for, a bit each. */
enum { ASK_INFO = 1, ASK_IDENTITY = 2, ASK_NAME = 4, ASK_PRODUCT = 8, ASK_CONFIGURATION = 16 };
enum { ASK_BLOCK_INFO = 1, ASK_BLOCK_NAME = 2, ALL_BLOCKS = 0xFF };

typedef struct {
    cm_ump_emit emit;
    void *context;
} sink;

typedef struct {
    const char *name;
    uint32_t value;
} setting;

static void put_settings(const cm_ump_layout *layout, uint32_t *message, const setting *settings)
{
    for (; settings->name; settings++)
        cm_ump_set(message, cm_ump_field_named(layout, settings->name), settings->value);
}

static void send(sink to, const char *name, const setting *settings)
{
    uint32_t message[4];
    const cm_ump_layout *layout = cm_ump_layout_named(name);
    cm_ump_start(layout, message);
    put_settings(layout, message, settings);
    to.emit(to.context, message);
}

/* The bytes of text that fit, without half a character of UTF-8 at the end. */
static uint32_t text_bytes(const char *text, uint32_t limit)
{
    uint32_t count = text ? (uint32_t)strnlen(text, limit + 1) : 0;
    if (count <= limit)
        return count;
    count = limit;
    while (count && ((uint8_t)text[count] & 0xC0) == 0x80)
        count--;
    return count;
}

/* A text in as many messages as it needs, none when there is no text. */
static void send_text(sink to, const char *name, const setting *settings, const char *text, uint32_t limit)
{
    const cm_ump_layout *layout = cm_ump_layout_named(name);
    uint32_t count = text_bytes(text, limit), piece = layout->bytes_max;
    for (uint32_t at = 0; at < count; at += piece) {
        uint32_t message[4], used = count - at < piece ? count - at : piece;
        bool first = at == 0, last = at + piece >= count;
        cm_ump_start(layout, message);
        put_settings(layout, message, settings);
        uint32_t form = first ? (last ? CM_UMP_SYSEX_COMPLETE : CM_UMP_SYSEX_START)
                              : (last ? CM_UMP_SYSEX_END : CM_UMP_SYSEX_CONTINUE);
        cm_ump_set(message, cm_ump_field_named(layout, "form"), form);
        cm_ump_set_bytes(layout, message, (const uint8_t *)text + at, used);
        to.emit(to.context, message);
    }
}

static void send_info(const cm_ump_endpoint *endpoint, sink to)
{
    const setting settings[] = { { "major", CM_UMP_VERSION_MAJOR },
                                 { "minor", CM_UMP_VERSION_MINOR },
                                 { "static_blocks", endpoint->fixed_blocks },
                                 { "blocks", endpoint->block_count },
                                 { "midi1", (endpoint->protocols & CM_UMP_PROTOCOL_1) != 0 },
                                 { "midi2", (endpoint->protocols & CM_UMP_PROTOCOL_2) != 0 },
                                 { "receives_jitter", endpoint->receives_jitter },
                                 { "sends_jitter", endpoint->sends_jitter },
                                 { NULL, 0 } };
    send(to, "endpoint_info", settings);
}

static void send_identity(const cm_ump_endpoint *endpoint, sink to)
{
    const setting settings[] = { { "manufacturer1", endpoint->manufacturer[0] },
                                 { "manufacturer2", endpoint->manufacturer[1] },
                                 { "manufacturer3", endpoint->manufacturer[2] },
                                 { "family_lsb", endpoint->family[0] },
                                 { "family_msb", endpoint->family[1] },
                                 { "model_lsb", endpoint->model[0] },
                                 { "model_msb", endpoint->model[1] },
                                 { "revision1", endpoint->revision[0] },
                                 { "revision2", endpoint->revision[1] },
                                 { "revision3", endpoint->revision[2] },
                                 { "revision4", endpoint->revision[3] },
                                 { NULL, 0 } };
    send(to, "device_identity", settings);
}

static void send_configuration(const cm_ump_endpoint *endpoint, sink to)
{
    const setting settings[] = { { "protocol", endpoint->protocol },
                                 { "receives_jitter", endpoint->receives_jitter },
                                 { "sends_jitter", endpoint->sends_jitter },
                                 { NULL, 0 } };
    send(to, "stream_configuration", settings);
}

static void answer_discovery(const cm_ump_endpoint *endpoint, uint32_t asked, sink to)
{
    const setting none[] = { { NULL, 0 } };
    if (asked & ASK_INFO)
        send_info(endpoint, to);
    if (asked & ASK_IDENTITY)
        send_identity(endpoint, to);
    if (asked & ASK_NAME)
        send_text(to, "endpoint_name", none, endpoint->name, CM_UMP_NAME_BYTES);
    if (asked & ASK_PRODUCT)
        send_text(to, "product_instance", none, endpoint->product, CM_UMP_PRODUCT_BYTES);
    if (asked & ASK_CONFIGURATION)
        send_configuration(endpoint, to);
}

static void send_block_info(const cm_ump_block *block, uint32_t number, sink to)
{
    const setting settings[] = { { "active", block->active },
                                 { "block", number },
                                 { "user_hint", block->user_hint },
                                 { "midi1", block->midi1 },
                                 { "direction", block->direction },
                                 { "first_group", block->first_group },
                                 { "groups", block->groups },
                                 { "inquiry_version", block->inquiry },
                                 { "sysex8_streams", block->sysex8_streams },
                                 { NULL, 0 } };
    send(to, "block_info", settings);
}

static void answer_block(const cm_ump_endpoint *endpoint, uint32_t number, uint32_t asked, sink to)
{
    const setting settings[] = { { "block", number }, { NULL, 0 } };
    if (asked & ASK_BLOCK_INFO)
        send_block_info(&endpoint->blocks[number], number, to);
    if (asked & ASK_BLOCK_NAME)
        send_text(to, "block_name", settings, endpoint->blocks[number].name, CM_UMP_BLOCK_NAME_BYTES);
}

static void answer_blocks(const cm_ump_endpoint *endpoint, uint32_t number, uint32_t asked, sink to)
{
    for (uint32_t i = 0; i < endpoint->block_count; i++)
        if (number == i || number == ALL_BLOCKS)
            answer_block(endpoint, i, asked, to);
}

/* A protocol that the endpoint does not speak changes nothing; the answer says what is in use. */
static void configure(cm_ump_endpoint *endpoint, uint32_t protocol)
{
    if ((protocol == CM_UMP_PROTOCOL_1 || protocol == CM_UMP_PROTOCOL_2) && endpoint->protocols & protocol)
        endpoint->protocol = (uint8_t)protocol;
}

bool cm_ump_answer(cm_ump_endpoint *endpoint, const uint32_t *message, cm_ump_emit emit, void *context)
{
    sink to = { emit, context };
    if (message[0] >> 28 != CM_UMP_TYPE_STREAM)
        return false;
    switch (message[0] >> 16 & 0x3FF) {
    case 0x00:
        answer_discovery(endpoint, message[1] & 0xFF, to);
        return true;
    case 0x05:
        configure(endpoint, message[0] >> 8 & 0xFF);
        send_configuration(endpoint, to);
        return true;
    case 0x10:
        answer_blocks(endpoint, message[0] >> 8 & 0xFF, message[0] & 0xFF, to);
        return true;
    default:
        return false;
    }
}
