/* au.c: the files of NeXT and Sun (.au, .snd): a header of six words, an annotation, the audio. */
#include "container.h"

#include "chunks.h"
#include "info.h"
#include "../base/bytes.h"
#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x2E736E64u     /* ".snd", and "dns." in little-endian files */
#define MAGIC_DEC 0x2E736400u /* what DEC had instead, and sox writes little-endian */
#define SIZE_UNKNOWN 0xFFFFFFFFu
#define ANNOTATION_MOST ((size_t)1 << 20)
#define OTHER_KEY "info:" /* before keys that are the user's own */
#define OTHER_KEY_MOST 128

enum { HEAD_SIZE = 24, ANNOTATION_LEAST = 8 };

extern const cm_container cm_container_au;

typedef struct au {
    UInt32 magic;
    bool little; /* header and samples */
    char *text;  /* the annotation, or NULL */
    bool text_changed;
} au;

static const struct encoding {
    UInt32 code;
    AudioFormatID format; /* 0: known but not readable */
    UInt32 bits;
    AudioFormatFlags flags;
    const char *name;
} encodings[] = {
    { 1, kAudioFormatULaw, 8, 0, "mu-law" },
    { 2, kAudioFormatLinearPCM, 8, kAudioFormatFlagIsSignedInteger, "8-bit" },
    { 3, kAudioFormatLinearPCM, 16, kAudioFormatFlagIsSignedInteger, "16-bit" },
    { 4, kAudioFormatLinearPCM, 24, kAudioFormatFlagIsSignedInteger, "24-bit" },
    { 5, kAudioFormatLinearPCM, 32, kAudioFormatFlagIsSignedInteger, "32-bit" },
    { 6, kAudioFormatLinearPCM, 32, kAudioFormatFlagIsFloat, "32-bit float" },
    { 7, kAudioFormatLinearPCM, 64, kAudioFormatFlagIsFloat, "64-bit float" },
    { 27, kAudioFormatALaw, 8, 0, "A-law" },
    { 8, 0, 0, 0, "fragmented samples" },
    { 10, 0, 0, 0, "DSP program" },
    { 23, 0, 0, 0, "G.721 ADPCM" },
    { 24, 0, 0, 0, "G.722 ADPCM" },
    { 25, 0, 0, 0, "G.723 ADPCM, 3 bits" },
    { 26, 0, 0, 0, "G.723 ADPCM, 5 bits" },
};

#define ENCODING_COUNT (sizeof encodings / sizeof *encodings)

/* Names of keys in the annotation, the five first as FFmpeg has them. */
static const struct {
    const char *name;
    const char *key;
} names[] = {
    { "title", kAFInfoDictionary_Title },
    { "artist", kAFInfoDictionary_Artist },
    { "album", kAFInfoDictionary_Album },
    { "track", kAFInfoDictionary_TrackNumber },
    { "genre", kAFInfoDictionary_Genre },
    { "composer", kAFInfoDictionary_Composer },
    { "copyright", kAFInfoDictionary_Copyright },
    { "encoding application", kAFInfoDictionary_EncodingApplication },
    { "ISRC", kAFInfoDictionary_ISRC },
    { "key signature", kAFInfoDictionary_KeySignature },
    { "lyricist", kAFInfoDictionary_Lyricist },
    { "recorded date", kAFInfoDictionary_RecordedDate },
    { "source encoder", kAFInfoDictionary_SourceEncoder },
    { "subtitle", kAFInfoDictionary_SubTitle },
    { "tempo", kAFInfoDictionary_Tempo },
    { "time signature", kAFInfoDictionary_TimeSignature },
    { "year", kAFInfoDictionary_Year },
};

#define NAME_COUNT (sizeof names / sizeof *names)

/* ---- format ---- */

static AudioStreamBasicDescription format_of(const struct encoding *e, bool little, UInt32 rate,
                                             UInt32 channels)
{
    AudioFormatFlags order = little ? 0 : kAudioFormatFlagIsBigEndian;
    bool pcm = e->format == kAudioFormatLinearPCM;
    UInt32 size = e->bits / 8 * channels;
    return (AudioStreamBasicDescription){ .mSampleRate = rate,
                                          .mFormatID = e->format,
                                          .mFormatFlags = pcm ? e->flags | order | kAudioFormatFlagIsPacked
                                                              : 0,
                                          .mBytesPerPacket = size,
                                          .mFramesPerPacket = 1,
                                          .mBytesPerFrame = size,
                                          .mChannelsPerFrame = channels,
                                          .mBitsPerChannel = e->bits };
}

static OSStatus read_format(cm_file *f, UInt32 code, UInt32 rate, UInt32 channels)
{
    const au *state = f->state;
    if (rate == 0 || channels == 0 || channels > 0xFFFF)
        return cm_fail(kAudioFileInvalidFileError, "AU file with %u channels at %u Hz", channels, rate);
    for (size_t i = 0; i < ENCODING_COUNT; i++) {
        const struct encoding *e = &encodings[i];
        if (e->code != code)
            continue;
        if (!e->format)
            return cm_fail(kAudioFileUnsupportedDataFormatError, "AU encoding %u, %s, cannot be read", code,
                           e->name);
        f->format = format_of(e, state->little, rate, channels);
        return cm_asbd_check(&f->format);
    }
    return cm_fail(kAudioFileUnsupportedDataFormatError, "AU encoding %u is not known", code);
}

/* The encoding whose format is the file's to the bit, NULL when there is none. */
static const struct encoding *encoding_for(const cm_file *f)
{
    const au *state = f->state;
    const AudioStreamBasicDescription *wanted = &f->format;
    const AudioFormatFlags say_nothing = kAudioFormatFlagIsNonMixable;
    for (size_t i = 0; i < ENCODING_COUNT && encodings[i].format; i++) {
        const struct encoding *e = &encodings[i];
        AudioStreamBasicDescription has = format_of(e, state->little, 1, wanted->mChannelsPerFrame);
        AudioFormatFlags differ = (has.mFormatFlags ^ wanted->mFormatFlags) & ~say_nothing;
        if (wanted->mChannelsPerFrame == 1)
            differ &= ~(AudioFormatFlags)kAudioFormatFlagIsNonInterleaved;
        if (e->bits == 8)
            differ &= ~(AudioFormatFlags)kAudioFormatFlagIsBigEndian;
        if (has.mFormatID == wanted->mFormatID && has.mBytesPerPacket == wanted->mBytesPerPacket &&
            (has.mFormatID != kAudioFormatLinearPCM ||
             (differ == 0 && has.mBitsPerChannel == wanted->mBitsPerChannel)))
            return e;
    }
    return NULL;
}

/* ---- reading ---- */

/* The file's magic word, 0 when it has none of them. */
static UInt32 find_magic(const UInt8 *head, bool *little)
{
    UInt32 big = cm_get_be32(head), small = cm_get_le32(head);
    *little = small == MAGIC || small == MAGIC_DEC;
    return *little ? small : big == MAGIC || big == MAGIC_DEC ? big : 0;
}

static AudioFileTypeID probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    bool little;
    (void)hint;
    if (size < HEAD_SIZE || !find_magic(head, &little))
        return 0;
    *score = 100;
    return kAudioFileNextType;
}

static OSStatus read_annotation(cm_file *f)
{
    au *state = f->state;
    SInt64 area = f->data_offset - HEAD_SIZE;
    size_t size = area < (SInt64)ANNOTATION_MOST ? (size_t)area : ANNOTATION_MOST;
    state->text = calloc(1, size + 1);
    return state->text ? cm_head_read(f, HEAD_SIZE, state->text, size) : cmMemFullError;
}

static OSStatus open_file(cm_file *f)
{
    UInt8 head[HEAD_SIZE];
    int score;
    OSStatus status = cm_head_read(f, 0, head, sizeof head);
    if (status != noErr)
        return status == kAudioFileEndOfFileError ? kAudioFileInvalidFileError : status;
    if (!probe(head, sizeof head, 0, &score))
        return kAudioFileUnsupportedFileTypeError;
    au *state = f->state = calloc(1, sizeof *state);
    if (!state)
        return cmMemFullError;
    state->magic = find_magic(head, &state->little);
    UInt32 words[6];
    for (int i = 0; i < 6; i++)
        words[i] = state->little ? cm_get_le32(head + 4 * i) : cm_get_be32(head + 4 * i);
    SInt64 file_size = cm_io_size(f->io);
    if (words[1] < HEAD_SIZE || words[1] > file_size)
        return cm_fail(kAudioFileInvalidFileError, "AU file whose audio begins at %u", words[1]);
    SInt64 left = file_size - words[1];
    f->type = kAudioFileNextType;
    f->data_offset = words[1];
    f->data_bytes = words[2] == SIZE_UNKNOWN || words[2] > left ? left : words[2];
    status = read_format(f, words[3], words[4], words[5]);
    if (status != noErr)
        return status;
    f->max_packet_size = f->format.mBytesPerPacket;
    f->packet_count = f->data_bytes / f->format.mBytesPerPacket;
    return read_annotation(f);
}

static void close_file(cm_file *f)
{
    au *state = f->state;
    if (state)
        free(state->text);
    free(state);
    f->state = NULL;
}

/* ---- writing ---- */

static OSStatus write_head(cm_file *f, const struct encoding *e)
{
    const au *state = f->state;
    UInt8 head[HEAD_SIZE];
    UInt32 words[6] = { state->magic,
                        (UInt32)f->data_offset,
                        f->data_bytes < SIZE_UNKNOWN ? (UInt32)f->data_bytes : SIZE_UNKNOWN,
                        e->code,
                        (UInt32)f->format.mSampleRate,
                        f->format.mChannelsPerFrame };
    for (int i = 0; i < 6; i++)
        (state->little ? cm_put_le32 : cm_put_be32)(head + 4 * i, words[i]);
    return cm_io_write(f->io, 0, head, sizeof head);
}

/* The annotation ends with a NUL and fills the room up to the audio, which moves only when it must. */
static OSStatus write_annotation(cm_file *f)
{
    au *state = f->state;
    size_t length = state->text ? strlen(state->text) : 0;
    size_t wanted = length + 1 < ANNOTATION_LEAST ? ANNOTATION_LEAST : (length + 8) & ~(size_t)7;
    SInt64 room = f->data_offset - HEAD_SIZE;
    OSStatus status = noErr;
    if ((SInt64)length + 1 > room) {
        if (f->data_bytes)
            status = cm_io_move(f->io, f->data_offset, HEAD_SIZE + (SInt64)wanted, f->data_bytes);
        f->data_offset = HEAD_SIZE + (SInt64)wanted;
        room = (SInt64)wanted;
    }
    /* Of a longer area only the part that an old text can have used is cleared. */
    size_t size = room < (SInt64)ANNOTATION_MOST ? (size_t)room : ANNOTATION_MOST;
    UInt8 *area = status == noErr ? calloc(1, size) : NULL;
    if (!area)
        return status == noErr ? cmMemFullError : status;
    if (length)
        memcpy(area, state->text, length);
    status = cm_io_write(f->io, HEAD_SIZE, area, size);
    free(area);
    state->text_changed = status != noErr;
    return status;
}

static OSStatus flush(cm_file *f)
{
    au *state = f->state;
    const struct encoding *e = encoding_for(f);
    Float64 rate = f->format.mSampleRate;
    if (!e)
        return cm_fail(kAudioFileUnsupportedDataFormatError,
                       "AU holds packed big-endian integers, floats, A-law and mu-law only");
    if (!(rate >= 1 && rate <= 0xFFFFFFFFu) || rate != (UInt32)rate)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "AU cannot say a sample rate of %g Hz", rate);
    OSStatus status = state->text_changed ? write_annotation(f) : noErr;
    if (status == noErr)
        status = write_head(f, e);
    SInt64 end = f->data_offset + f->data_bytes;
    if (status == noErr && cm_io_size(f->io) > end)
        status = cm_io_set_size(f->io, end);
    if (status ==
        kAudioFilePermissionsError) /* callbacks that cannot shrink: the header says where it ends */
        status = noErr;
    if (status == noErr)
        f->dirty = false;
    return status;
}

static OSStatus create(cm_file *f)
{
    au *state = f->state = calloc(1, sizeof *state);
    if (!state)
        return cmMemFullError;
    state->magic = MAGIC;
    state->text_changed = true;
    f->data_offset = 0;
    f->max_packet_size = f->format.mBytesPerPacket;
    return flush(f);
}

/* ---- the annotation as a dictionary ---- */

/* The key of a line "name=value", written to key; NULL when the line is not one. Returns the value. */
static const char *split_line(const char *line, size_t length, char *key, size_t key_size)
{
    const char *equals = memchr(line, '=', length);
    size_t n = equals ? (size_t)(equals - line) : 0;
    if (!equals || n == 0)
        return NULL;
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strlen(names[i].name) == n && strncasecmp(names[i].name, line, n) == 0) {
            strcpy(key, names[i].key);
            return equals + 1;
        }
    size_t skip = strlen(OTHER_KEY);
    if (n <= skip || n - skip >= key_size || strncmp(line, OTHER_KEY, skip) != 0)
        return NULL;
    memcpy(key, line + skip, n - skip);
    key[n - skip] = 0;
    return equals + 1;
}

/* Lines with names first; what follows, behind an empty line if it looks like one, is the comment. */
static OSStatus read_info(cm_file *f, CFMutableDictionaryRef info)
{
    const au *state = f->state;
    const char *line = state->text ? state->text : "", *value;
    char key[OTHER_KEY_MOST];
    OSStatus status = noErr;
    while (status == noErr && *line) {
        size_t length = strcspn(line, "\n");
        value = split_line(line, length, key, sizeof key);
        if (!value)
            break;
        status = cm_info_add(info, key, (const UInt8 *)value, (size_t)(line + length - value),
                             kCFStringEncodingISOLatin1);
        line += length + (line[length] != 0);
    }
    line += *line == '\n';
    return status == noErr ? cm_info_add(info, kAFInfoDictionary_Comments, (const UInt8 *)line, strlen(line),
                                         kCFStringEncodingISOLatin1)
                           : status;
}

typedef struct text {
    char *bytes;
    size_t length;
} text;

static OSStatus add_text(text *to, const char *piece)
{
    size_t n = strlen(piece);
    if (to->length + n >= ANNOTATION_MOST)
        return cm_fail(kAudioFileBadPropertySizeError, "more than 1 MiB for an AU annotation");
    char *grown = realloc(to->bytes, to->length + n + 1);
    if (!grown)
        return cmMemFullError;
    to->bytes = grown;
    memcpy(to->bytes + to->length, piece, n + 1);
    to->length += n;
    return noErr;
}

static const char *name_of(const char *key)
{
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strcmp(names[i].key, key) == 0)
            return names[i].name;
    return NULL;
}

static OSStatus add_entry(void *context, const char *key, const char *value)
{
    text *to = context;
    const char *name = name_of(key);
    if (!*value || strcmp(key, kAFInfoDictionary_Comments) == 0)
        return noErr;
    OSStatus status = name ? noErr : add_text(to, OTHER_KEY);
    size_t begin = to->length;
    if (status == noErr)
        status = add_text(to, name ? name : key);
    if (status == noErr)
        status = add_text(to, "=");
    if (status == noErr)
        status = add_text(to, value);
    for (size_t i = begin; status == noErr && i < to->length; i++)
        if (to->bytes[i] == '\n') /* ends an entry; a title has one line */
            to->bytes[i] = ' ';
    return status == noErr ? add_text(to, "\n") : status;
}

static OSStatus add_comments(text *to, const char *comments)
{
    char key[OTHER_KEY_MOST];
    bool ambiguous = *comments == '\n' || split_line(comments, strcspn(comments, "\n"), key, sizeof key);
    OSStatus status = ambiguous ? add_text(to, "\n") : noErr;
    return status == noErr ? add_text(to, comments) : status;
}

static OSStatus write_info(cm_file *f, CFDictionaryRef info)
{
    au *state = f->state;
    text made = { 0 };
    char *comments = cm_info_get(info, kAFInfoDictionary_Comments);
    OSStatus status = cm_info_each(info, add_entry, &made);
    if (status == noErr)
        status = add_comments(&made, comments ? comments : "");
    free(comments);
    if (status != noErr) {
        free(made.bytes);
        return status;
    }
    free(state->text);
    state->text = made.bytes;
    state->text_changed = true;
    f->dirty = true;
    return noErr;
}

/* ---- the table ---- */

static const AudioFormatID formats[] = { kAudioFormatLinearPCM, kAudioFormatULaw, kAudioFormatALaw, 0 };
static const UInt32 hfs_types[] = { 'NeXT', 'ULAW', 0 };

static const cm_file_type types[] = {
    { .id = kAudioFileNextType,
      .name = "NeXT/Sun",
      .extensions = (const char *const[]){ "au", "snd", NULL },
      .mime_types = (const char *const[]){ "audio/basic", "audio/au", "audio/x-au", NULL },
      .utis = (const char *const[]){ "public.au-audio", "public.ulaw-audio", NULL },
      .hfs_types = hfs_types,
      .readable = formats,
      .writable = formats },
};

const cm_container cm_container_au = {
    .name = "AU",
    .types = types,
    .type_count = sizeof types / sizeof *types,
    .probe = probe,
    .open = open_file,
    .create = create,
    .flush = flush,
    .close = close_file,
    .read_info = read_info,
    .write_info = write_info,
};
