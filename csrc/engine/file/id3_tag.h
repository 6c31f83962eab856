/* id3_tag.h: what the ID3 reader and writer (id3*.c) share. */
#ifndef CM_FILE_ID3_TAG_H
#define CM_FILE_ID3_TAG_H

#include "id3.h"

#include <AudioToolbox/AudioFile.h>

/* A frame on its way through a tag. id is that of v2.4 also in older tags, as far as there is one. */
typedef struct cm_id3_frame {
    char id[5];
    const UInt8 *data;
    size_t size;
} cm_id3_frame;

typedef struct cm_id3_tag {
    int version; /* 2, 3, 4 */
    bool unsync; /* frames are unsynchronised one by one */
    const UInt8 *at, *end;
    UInt8 *whole; /* the tag's body without unsynchronisation, or NULL */
    UInt8 *frame; /* the same for the frame given last */
} cm_id3_tag;

/* Starts at the frames of a v2 tag; kAudioFileInvalidFileError when bytes do not start with one. End it in
 * any case. */
OSStatus cm_id3_begin(cm_id3_tag *tag, const UInt8 *bytes, size_t size);
/* The next readable frame. It lives until the next call. */
bool cm_id3_next(cm_id3_tag *tag, cm_id3_frame *frame);
void cm_id3_end(cm_id3_tag *tag);

/* Encodings of text in frames. */
enum { CM_ID3_LATIN1, CM_ID3_UTF16, CM_ID3_UTF16BE, CM_ID3_UTF8 };

/*
 * Decodes text up to its terminator or the end: new UTF-8 with a NUL, the caller's to free; NULL when there
 * is no memory. *used counts the bytes, terminator included. Bytes that are invalid become U+FFFD.
 */
char *cm_id3_text(UInt8 encoding, const UInt8 *bytes, size_t size, size_t *used);

/* All strings of a text frame (without its encoding byte), joined by "/". As above. */
char *cm_id3_texts(UInt8 encoding, const UInt8 *bytes, size_t size);

/* Replaces the numbers of a genre text, "(17)(4)Eurodisco" or "17/Eurodisco", by names. New text, or NULL. */
char *cm_id3_genre_text(const char *text);

/* The name of an ID3v1 or Winamp genre, NULL when there is none. */
const char *cm_id3_genre(unsigned number);

/* What a frame is to a dictionary. */
typedef enum {
    CM_ID3_PLAIN,   /* text */
    CM_ID3_GENRE,   /* text with genre numbers in it */
    CM_ID3_DATE,    /* "2004-05-12T10:20"; gives the year too */
    CM_ID3_YEAR,    /* v2.3: the year alone */
    CM_ID3_DAY,     /* v2.3: DDMM */
    CM_ID3_LENGTH,  /* milliseconds */
    CM_ID3_COMMENT, /* language, description, text */
    CM_ID3_USER,    /* description, text */
} cm_id3_kind;

typedef struct cm_id3_key {
    const char *id;  /* of v2.4 or v2.3 */
    const char *old; /* of v2.2 */
    cm_id3_kind kind;
    const char *key; /* of the dictionary */
} cm_id3_key;

/* The one table of what goes where; a NULL id ends it. */
extern const cm_id3_key cm_id3_keys[];

/* The description of a COMM or USLT frame: new text, or NULL. *used: bytes of the frame up to the text. */
char *cm_id3_description(const cm_id3_frame *frame, size_t *used);

/* Adds what one frame shows by itself to info; numbers that iTunes hides in comments are not shown. */
OSStatus cm_id3_read_frame(const cm_id3_frame *frame, CFMutableDictionaryRef info);

/* The table's entry for a frame, NULL when the frame is not for the dictionary. */
const cm_id3_key *cm_id3_key_of(const char *id);

#endif
