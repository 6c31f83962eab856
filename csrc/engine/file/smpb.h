/*
 * smpb.h: iTunSMPB, the text in which iTunes tells how much of compressed audio is sound: in MPEG-4 an item
 * of its own, in ID3 a comment with that description. All functions are [any].
 */
#ifndef CM_FILE_SMPB_H
#define CM_FILE_SMPB_H

#include <CoreFoundation/CoreFoundation.h>

#define CM_SMPB_NAME "iTunSMPB"
#define CM_SMPB_SIZE 160 /* bytes of the text, NUL included */

typedef struct cm_smpb {
    UInt32 priming, remainder;
    UInt64 valid; /* frames between them */
} cm_smpb;

/* False when the text is something else, or tells of no frames at all. */
bool cm_smpb_parse(const char *text, cm_smpb *smpb);
void cm_smpb_print(const cm_smpb *smpb, char text[CM_SMPB_SIZE]);

#endif
